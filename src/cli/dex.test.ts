import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { dexCommand } from "./dex.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-dex-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...argv: readonly string[]): Promise<{ status: number | undefined; out: string; err: string }> {
  let out = "";
  let err = "";
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (err += text) };
  return { status: await dexCommand(argv, io), out, err };
}

function fileOf(text: string): string {
  const path = join(folder, "dex.yaml");
  writeFileSync(path, text);
  return path;
}

const GOOD = `issuer: https://dex.example.com
storage: { type: sqlite3, config: { file: ${join(folder, "data", "dex.db")} } }
web: { http: "127.0.0.1:5556" }
enablePasswordDB: true
`;

describe("gatehouse dex", () => {
  test("check: usable, with what will be different, and the storage is left alone", async () => {
    mkdirSync(join(folder, "data"));
    const { status, out, err } = await run("check", fileOf(GOOD));
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toContain("  - dex: passwords may be tried without end. Gatehouse: ");
    expect(out).toEndWith(": docs/reference/differences-from-dex.md\n");
    expect(readdirSync(join(folder, "data"))).toEqual([]);
  });

  test("check: everything wrong at once, and nothing of differences", async () => {
    const { status, out, err } = await run("check", fileOf(`${GOOD}madeUp: 1\nlogger: { format: xml }\n`));
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err.split("\n")).toHaveLength(3);
    expect(err).toContain('dex.yaml:5:1  madeUp: unknown key "madeUp".');
  });

  test("check: flags count as they do for serve", async () => {
    const { status, err } = await run("check", "--web-http-addr=nonsense", fileOf(GOOD));
    expect({ status, err }).toEqual({
      status: 2,
      err: "--web-http-addr  listening on nonsense: listen tcp: address nonsense: missing port in address. Write host:port, such as 0.0.0.0:5556.\n",
    });
  });

  test("version: three lines, as scripts expect them", async () => {
    const { status, out } = await run("version");
    expect(status).toBe(0);
    expect(out).toMatch(/^Dex Version: gatehouse \S+\nGo Version: .+\nGo OS\/ARCH: \S+ \S+\n$/);
  });

  test("alone it helps, and is not done", async () => {
    expect(await run()).toMatchObject({ status: 2, err: "" });
    expect(await run("serve", "--help")).toMatchObject({ status: 0, err: "" });
    expect(await run("server")).toMatchObject({ status: 2, err: "" });
  });
});
