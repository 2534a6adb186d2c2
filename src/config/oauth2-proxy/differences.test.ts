import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { selfSigned } from "../../../test/support/self-signed.ts";
import { DIFFERENCES } from "./difference-table.ts";
import { loadOauth2ProxyConfiguration } from "./load-oauth2-proxy-configuration.ts";

const REQUIRED = [
  "--provider=github",
  "--client-id=gatehouse",
  "--client-secret=secret",
  "--cookie-secret=0123456789abcdef0123456789abcdef",
  "--email-domain=*",
];
const OIDC = ["--provider=oidc", "--oidc-issuer-url=https://id.example.com"];
const HTTP = "--upstream=http://127.0.0.1:3000";
const RSA_KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
const TLS = selfSigned("gatehouse");
const FILES: Readonly<Record<string, string>> = {
  "/secret": "0123456789abcdef0123456789abcdef\n",
  "/htpasswd": "alice:$2y$05$abcdefghijklmnopqrstuu\n",
  "/emails": "alice@example.com\n",
  "/tls.crt": TLS.certificate,
  "/tls.key": TLS.key,
  "/structured.yaml": `
server: { bindAddress: 127.0.0.1:4180 }
providers: [{ id: one, provider: github, clientID: gatehouse, clientSecret: secret, loginURLParameters: [{ name: state, default: [x] }] }]
upstreamConfig:
  proxyRawPath: true
  upstreams: [{ id: one, path: ^/a/(.*), rewriteTarget: /b/$1, uri: http://127.0.0.1:3000 }]
`,
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Error(`no file ${path}`);
  return text;
}

/** What `--config-test` tells, with these flags after those that every configuration needs. */
function told(...flags: readonly string[]): readonly string[] {
  const command = loadOauth2ProxyConfiguration({ readFile, env: {} }, [...REQUIRED, ...flags, "--config-test"]);
  if (command.kind !== "config-test" || command.result.configuration === undefined) throw new Error("not usable");
  return command.differences;
}

/** Flags, and the beginning of what they change; the same is not told without them. */
const ROWS: readonly (readonly [flags: readonly string[], start: string])[] = [
  [["--reverse-proxy"], "--reverse-proxy without --trusted-proxy-ip"],
  [["--reverse-proxy", "--trusted-proxy-ip=10.0.0.1", "--trusted-ip=192.0.2.1"], "--trusted-ip: a header"],
  [["--skip-auth-route=^/public/"], "--skip-auth-route and --skip-auth-regex must match"],
  [["--skip-auth-route=GET=^/public/", "--reverse-proxy"], "--skip-auth-route with a method"],
  [["--skip-auth-route=^/public/", "--reverse-proxy", HTTP], "X-Forwarded-Uri alone"],
  [["--skip-auth-route=^/public/,"], "An empty pattern"],
  [["--skip-auth-route=GET=^/a!=b"], "A --skip-auth-route is negated"],
  [["--authenticated-emails-file=/emails"], "--authenticated-emails-file: an odd line"],
  [["--htpasswd-file=/htpasswd"], "--htpasswd-file: after five"],
  [OIDC, "An identity provider that is down"],
  [OIDC, "An answer of the profile URL"],
  [["--provider=google"], "google: signature"],
  [["--provider=google", "--cookie-refresh=1h"], "google: whoever has left"],
  [[...OIDC, "--provider=keycloak-oidc"], "keycloak-oidc: roles"],
  [[...OIDC, "--provider=gitlab", "--gitlab-project=a/b"], "gitlab: projects"],
  [[...OIDC, "--provider=azure"], "azure: sessions"],
  [[...OIDC, "--provider=entra-id", "--skip-jwt-bearer-tokens"], "entra-id: bearer tokens"],
  [["--provider=login.gov", `--jwt-key=${RSA_KEY}`], "login.gov: nonce"],
  [["--provider=digitalocean"], "An e-mail address that digitalocean or bitbucket"],
  [["--github-team=dev,acme:ops"], "github: a team without"],
  [["--cookie-refresh=1h"], "--cookie-refresh: requests at the same time"],
  [["--session-store-type=redis", "--redis-connection-url=redis://127.0.0.1"], "A Redis that is down"],
  [["--session-store-type=redis", "--redis-connection-url=redis://127.0.0.1"], "A session in Redis"],
  [["--cookie-secret=", "--cookie-secret-file=/secret"], "A line end at the end of --cookie-secret-file"],
  [["--cookie-domain=.example.com,.example.org"], "--cookie-domain is chosen"],
  [["--cookie-domain=.example.com"], "Signing out deletes a cookie from before"],
  [["--cookie-csrf-samesite=loose"], "A wrong --cookie-csrf-samesite"],
  [["--cookie-csrf-per-request"], "--cookie-csrf-per-request without a limit"],
  [["--whitelist-domain=.example.com"], "--whitelist-domain: hosts"],
  [["--skip-jwt-bearer-tokens"], "A bearer token that verified"],
  [[HTTP], "Identity headers"],
  [[HTTP], "X-Forwarded-*, Forwarded and X-Real-IP"],
  [["--upstream=static://202"], "Scripts, images and WebSockets"],
  [[HTTP], "A GET or HEAD with a body"],
  [[HTTP], "Answers of applications"],
  [[HTTP], "WebSockets end with their session"],
  [[HTTP, "--proxy-websockets=false"], "--proxy-websockets=false"],
  [["--upstream=file:///srv/#/files/"], "file:// upstreams"],
  [["--signature-key=sha256:key", HTTP], "--signature-key: what is sent"],
  [["--ssl-insecure-skip-verify", HTTP], "--ssl-insecure-skip-verify holds"],
  [["--cookie-secure=false", "--tls-cert-file=/tls.crt", "--tls-key-file=/tls.key"], "A TLS listener with"],
  [["--proxy-prefix=/auth/"], "--proxy-prefix: the slash"],
  [["--tls-cipher-suite=TLS_RSA_WITH_RC4_128_SHA"], "--tls-cipher-suite: RC4"],
  [["--metrics-address=127.0.0.1:9100"], "Metrics: the original's"],
  [["--logging-local-time=false"], "--request-logging: codes"],
  [["--custom-templates-dir=/templates"], "--custom-templates-dir: the field Version"],
];

describe("what --config-test tells", () => {
  test.each(ROWS.map(([flags, start]) => [start, flags] as const))("%s", (start, flags) => {
    const isTold = (differences: readonly string[]): boolean => differences.some((text) => text.startsWith(start));
    expect(isTold(told(...flags))).toBe(true);
    expect(isTold(told())).toBe(false);
  });

  test("of a structured file", () => {
    const command = loadOauth2ProxyConfiguration({ readFile, env: {} }, [
      "--cookie-secret=0123456789abcdef0123456789abcdef",
      "--email-domain=*",
      "--alpha-config=/structured.yaml",
      "--config-test",
    ]);
    const differences = command.kind === "config-test" ? command.differences.join("\n") : "";
    for (const start of ["loginURLParameters", "proxyRawPath", "rewriteTarget"]) expect(differences).toContain(start);
  });

  test("where nothing is configured that differs: log, pages", () => {
    expect(told().map((text) => text.split(",")[0])).toEqual([
      "Without logging options",
      "Without --custom-templates-dir",
    ]);
  });
});

test("the page of differences names every option that is told of", () => {
  const page = readFileSync(join(import.meta.dir, "../../../docs/reference/differences-from-oauth2-proxy.md"), "utf8");
  const named = DIFFERENCES.flatMap(({ text }) => text.match(/--[a-z][a-z-]*[a-z]/g) ?? []);
  expect([...new Set(named)].filter((name) => !page.includes(name))).toEqual([]);
});
