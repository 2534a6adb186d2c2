import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { oauth2ProxyCommand } from "./oauth2-proxy.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-oauth2-proxy-"));
const issuer = createServer((request, response) => {
  response.statusCode = request.url === "/good/.well-known/openid-configuration" ? 200 : 404;
  response.end("{}");
});
await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
const { port } = issuer.address() as AddressInfo; // a TCP server's address is one
afterAll(() => {
  issuer.close();
  rmSync(folder, { recursive: true });
});

async function run(...argv: readonly string[]): Promise<{ status: number | undefined; out: string; err: string }> {
  let out = "";
  let err = "";
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (err += text) };
  return { status: await oauth2ProxyCommand(argv, io), out, err };
}

const COMPLETE = [
  "--provider=oidc",
  "--client-id=wiki",
  "--client-secret=secret",
  "--cookie-secret=0123456789abcdef",
  "--email-domain=*",
];
const at = (path: string): string => `--oidc-issuer-url=http://127.0.0.1:${port}${path}`;

describe("gatehouse oauth2-proxy", () => {
  test("--config-test: valid, with what will be different", async () => {
    const { status, out, err } = await run(...COMPLETE, at("/good"), "--reverse-proxy", "--config-test");
    expect({ status, out }).toEqual({ status: 0, out: "configuration is valid\n" });
    expect(err).toContain("--reverse-proxy without --trusted-proxy-ip:");
    expect(err).toEndWith(": docs/reference/differences-from-oauth2-proxy.md\n");
    expect(err).not.toContain("openid-configuration");
  });

  test("--config-test: an issuer that does not answer is a warning", async () => {
    const { status, err } = await run(...COMPLETE, at("/bad"), "--config-test");
    expect(status).toBe(0);
    expect(err).toContain("/bad/.well-known/openid-configuration: warning: it answers with 404.");
  });

  test("--config-test: wrong options and broken templates end with 1", async () => {
    const { status, out, err } = await run(...COMPLETE, "--cookie-samesite=maybe", "--api-route=(", "--config-test");
    expect({ status, out }).toEqual({ status: 1, out: "" });
    const options = ["--oidc-issuer-url", "--cookie-samesite", "--api-route"];
    expect(options.filter((option) => !err.includes(option))).toEqual([]);
    const templates = join(folder, "templates");
    mkdirSync(templates);
    writeFileSync(join(templates, "sign_in.html"), '{{define "sign_in.html"}}{{.Nope');
    const broken = await run(...COMPLETE, at("/good"), `--custom-templates-dir=${templates}`, "--config-test");
    expect(broken.status).toBe(1);
    expect(broken.err).toContain("sign_in.html");
  });

  test("--convert-config-to-alpha prints a structured file that starts the same", async () => {
    const { status, out } = await run(...COMPLETE, at("/good"), "--convert-config-to-alpha");
    expect(status).toBe(0);
    const file = join(folder, "alpha.yaml");
    writeFileSync(file, out);
    const core = ["--cookie-secret=0123456789abcdef", "--email-domain=*"];
    expect((await run(...core, `--alpha-config=${file}`, "--config-test")).status).toBe(0);
  });

  test("--version names the release it stands in for", async () => {
    expect((await run("--version")).out).toMatch(/^oauth2-proxy v7\.15\.3 \(gatehouse \d+\.\d+\.\d+\)\n$/);
  });
});
