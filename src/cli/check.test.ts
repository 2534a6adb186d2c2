import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

import { check } from "./check.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

const HASH = "$2b$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W";
const VALID = `publicUrl: https://auth.example.com
connectors: [{ id: local, type: local, users: [{ email: a@example.com, passwordHash: "${HASH}" }] }]
clients: [{ id: grafana, secret: s3cret-value, redirectUris: [http://grafana.example.com/cb] }]
`;
const WARNING = "clients[0].redirectUris[0]: warning: is plain http: codes can be read on the way. Use https.\n";

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

async function run(...argv: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (err += text) };
  return { status: await check(argv, io), out, err };
}

describe("gatehouse check", () => {
  test("says ok, with warnings", async () => {
    const file = write("valid.yaml", VALID);
    expect(await run("-c", file)).toEqual({ status: 0, out: `${file}: ok\n`, err: `${file}:3:63  ${WARNING}` });
  });

  test("says what is wrong, and writes nothing", async () => {
    const file = write("wrong.yaml", VALID.replace("https://auth", "auth").replace("clients", "client"));
    const before = readdirSync(folder);
    const { status, out, err } = await run("--config", file);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toBe(
      `${file}:1:12  publicUrl: is not an http or https address. Write one such as https://auth.example.com, without wildcards.\n` +
        `${file}:3:1  client: there is no such key. Did you mean "clients"?\n`,
    );
    expect(readdirSync(folder)).toEqual(before);
  });

  test("--print writes the resolved configuration without secrets and hashes", async () => {
    const { status, out } = await run("-c", write("print.yaml", VALID), "--print");
    expect(status).toBe(0);
    expect(out).not.toContain("s3cret-value");
    expect(out).not.toContain(HASH);
    expect(parse(out)).toMatchObject({
      listeners: [{ address: { kind: "tcp", host: "0.0.0.0", port: 8080 } }],
      connectors: [{ id: "local", users: [{ email: "a@example.com", passwordHash: "********" }] }],
      proxy: { publicUrl: "https://auth.example.com" },
      provider: { clients: [{ id: "grafana", secret: "********" }] },
    });
  });

  test("--format json writes the problems for programs", async () => {
    const file = write("json.yaml", VALID);
    chmodSync(file, 0o644);
    const { status, out, err } = await run("-c", file, "--format=json");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(JSON.parse(out)).toEqual({
      file,
      ok: true,
      problems: [
        {
          severity: "warning",
          source: file,
          line: 3,
          column: 34,
          path: "clients[0].secret",
          message: "stands in a file that everybody on this machine can read.",
          remedy: `Run chmod o-r ${file}, or write { env: NAME } or { file: path }.`,
        },
        {
          severity: "warning",
          source: file,
          line: 3,
          column: 63,
          path: "clients[0].redirectUris[0]",
          message: "is plain http: codes can be read on the way.",
          remedy: "Use https.",
        },
      ],
    });
  });

  test("an absent file and a folder are problems too", async () => {
    const absent = join(folder, "absent.yaml");
    expect(await run("-c", absent)).toEqual({
      status: 2,
      out: "",
      err: `${absent}  there is no such file. Name an existing file with -c.\n`,
    });
    const { status, err } = await run("-c", folder);
    expect(status).toBe(2);
    expect(err).toContain(`${folder}  cannot be read: EISDIR`);
  });

  test.each([
    [[]],
    [["-c"]],
    [["-c", "x", "--format", "xml"]],
    [["x.yaml"]],
    [["-c", "x", "--print", "--format=json"]],
  ])("%j: says how it is used", async (argv) => {
    expect(await run(...argv)).toEqual({
      status: 2,
      out: "",
      err: "usage: gatehouse check -c FILE [--print] [--format text|json]\n",
    });
  });
});
