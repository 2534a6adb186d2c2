import { afterAll, beforeAll, expect, test } from "bun:test";
import * as fc from "fast-check";

import { type Application, createApplication, openStore } from "../../src/app.ts";
import { loadOauth2ProxyConfiguration } from "../../src/config/oauth2-proxy/load-oauth2-proxy-configuration.ts";
import { createCookieKey } from "../../src/session/oauth2-proxy-cookie/cookie-key.ts";
import { signValue } from "../../src/session/oauth2-proxy-cookie/signed-value.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { createMetrics } from "../../src/telemetry/create-metrics.ts";
import { COOKIE_SECRET } from "../support/drop-in.ts";
import { headerText, PATIENCE, RUNS, text } from "../support/fuzzing.ts";

/**
 * Whole requests at the drop-in, as odd as they come: nothing breaks (the log says `request failed` then), nobody gets in, and no
 * redirect leaves the hosts that are known. The door's provider is never there.
 */
const FLAGS = [
  "--http-address=127.0.0.1:0",
  "--provider=oidc",
  "--oidc-issuer-url=http://127.0.0.1:1",
  "--skip-oidc-discovery",
  "--login-url=http://idp.test/authorize",
  "--redeem-url=http://127.0.0.1:1/token",
  "--oidc-jwks-url=http://127.0.0.1:1/jwks",
  "--client-id=client",
  "--client-secret=secret",
  `--cookie-secret=${COOKIE_SECRET}`,
  "--cookie-expire=0",
  "--cookie-secure=false",
  "--email-domain=*",
  "--upstream=static://200",
  "--reverse-proxy",
  "--whitelist-domain=.wild.test",
  "--skip-jwt-bearer-tokens",
  "--skip-auth-route=^/public/",
  "--trusted-ip=198.51.100.7",
];

let application: Application;
const lines: string[] = [];

beforeAll(async () => {
  const loaded = loadOauth2ProxyConfiguration({ readFile: () => "", env: {} }, FLAGS);
  const configuration = loaded.kind === "serve" ? loaded.result.configuration : undefined;
  if (configuration === undefined) throw new Error("the flags are wrong");
  const log = createLog({ format: "json", level: "error", write: (line) => lines.push(line) });
  const metrics = createMetrics();
  const store = await openStore(configuration, { log, metrics });
  application = await createApplication(configuration, { store, log, metrics });
});
afterAll(() => application.close());

const made = createCookieKey("_oauth2_proxy", COOKIE_SECRET, 0);
if (made === undefined) throw new Error("the secret has no length that AES takes");
const key = made;

/** What a stranger may send as a cookie's value, and what somebody with the secret might have signed by mistake. */
const cookieValue = fc.oneof(
  headerText,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => signValue(key, bytes, 1_785_000_000)),
  fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => signValue({ ...key, cookieName: "_oauth2_proxy_csrf" }, bytes, 1_785_000_000)),
);
const cookieName = fc.constantFrom(
  "_oauth2_proxy",
  "_oauth2_proxy_csrf",
  "_oauth2_proxy_0",
  "_oauth2_proxy_1",
  "_oauth2_proxy_AAAAAAAA_csrf",
);
const cookies = fc
  .array(fc.tuple(cookieName, cookieValue), { maxLength: 6 })
  .map((pairs) => pairs.map((pair) => pair.join("=")).join("; "));

const ENDPOINTS = [
  "auth",
  "start",
  "callback",
  "sign_in",
  "sign_out",
  "userinfo",
  "static/",
  "static/css/x",
  "auth/",
  "",
];
const path = fc.oneof(
  fc.constantFrom(...ENDPOINTS.map((name) => `/oauth2/${name}`), "/", "/ping", "/ready", "/robots.txt", "/public"),
  text.map((rest) => `/${rest.replaceAll(/[?#]/g, "")}`),
);
const parameter = fc.tuple(
  fc.constantFrom(
    "rd",
    "state",
    "code",
    "error",
    "iss",
    "allowed_groups",
    "allowed_emails",
    "username",
    "password",
    "x",
  ),
  fc.oneof(
    text,
    fc.constantFrom(`${"A".repeat(43)}:/`, ":", "A:https://a.wild.test/", "https://a.wild.test/", "//evil.test"),
  ),
);
const query = fc.oneof(
  fc
    .array(parameter, { maxLength: 5 })
    .map((pairs) => `?${new URLSearchParams(pairs.map(([name, value]) => [name, value.toWellFormed()]))}`),
  text.map((rest) => `?${rest}`),
  fc.constant(""),
);
const NAMES = [
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-uri",
  "x-forwarded-method",
  "x-forwarded-for",
  "x-real-ip",
  "x-auth-request-redirect",
  "x-request-id",
  "authorization",
  "accept",
  "accept-language",
  "sec-fetch-site",
  "sec-fetch-mode",
  "origin",
  "user-agent",
  "connection",
];
const headers = fc.dictionary(fc.constantFrom(...NAMES), headerText, { maxKeys: 6 });
const method = fc.constantFrom("GET", "GET", "POST", "HEAD", "OPTIONS", "PUT");

function requestOf(target: string, verb: string, fields: Readonly<Record<string, string>>): Request {
  const body = verb === "POST" || verb === "PUT" ? "username=a&password=b&rd=%2F%2Fevil.test" : undefined;
  const type = body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
  const request = new Request("http://own.test/", {
    method: verb,
    headers: { host: "own.test", ...type, ...fields },
    ...(body === undefined ? {} : { body }),
  });
  // As the server hands it over: it refuses control characters and fragments, escapes what is not ASCII, and turns backslashes.
  const clean = target.replaceAll("\\", "/").replaceAll(/[^!-~]|#/g, "");
  return Object.defineProperty(request, "url", { value: `http://own.test${clean}` });
}

/** Statuses of which 500 is the original's word for a malformed callback or query; an exception would be logged besides. */
const STATUSES = new Set([200, 202, 204, 301, 302, 308, 400, 401, 403, 404, 408, 413, 500, 503]);

test(
  "whatever comes in, nothing breaks, nobody gets in, and nobody is sent away",
  async () => {
    const peers = fc.constantFrom("127.0.0.1", "203.0.113.9");
    const property = fc.asyncProperty(path, query, method, headers, cookies, peers, async (...parts) => {
      const [where, search, verb, fields, cookie, peer] = parts;
      const request = requestOf(where + search, verb, { ...fields, ...(cookie === "" ? {} : { cookie }) });
      const response = await application.handler(request, { address: () => peer });
      expect(STATUSES.has(response.status)).toBe(true);
      expect(lines).toEqual([]);
      expectNobody(response, where, fields);
      expectNotSentAway(response);
      await response.body?.cancel();
    });
    const seed = process.env["FUZZ_SEED"];
    await fc.assert(property, { numRuns: RUNS, ...(seed === undefined ? {} : { seed: Number(seed) }) });
  },
  PATIENCE * 3,
);

function expectNobody(response: Response, where: string, fields: Readonly<Record<string, string>>): void {
  expect(response.headers.get("gap-auth")).toBeNull();
  for (const line of response.headers.getSetCookie()) expect(line).not.toMatch(/^_oauth2_proxy(?:_\d+)?=[^;]/);
  // Nothing but a trusted hop's word for a public path lets a gateway pass anybody.
  if (response.status === 202)
    expect([where, fields["x-forwarded-uri"]]).toEqual(["/oauth2/auth", expect.stringContaining("public")]);
}

function expectNotSentAway(response: Response): void {
  const location = response.headers.get("location");
  if (location === null) return;
  expect(location).toMatch(/^[ -~]*$/);
  const { hostname, protocol } = new URL(location, "http://own.test/deep/path");
  expect(hostname).toMatch(/^(?:own\.test|idp\.test|(?:.+\.)?wild\.test)$/);
  expect(protocol).toMatch(/^https?:$/);
}
