import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { type Apache, HAS_APACHE, startApache } from "../support/apache.ts";
import { Browser } from "../support/browser.ts";
import { CHROMIUM } from "../support/chromium.ts";
import { type DexServer, JANE, signInAtDex, startDexServer } from "../support/dex-server.ts";
import { freePort, startGatehouse } from "../support/gatehouse.ts";
import { needs } from "../support/needs.ts";

const CLIENT = { id: "apache", secret: "apache secret/with+odd:characters" };

const ALL_BY_POST = `OIDCProviderAuthRequestMethod POST
OIDCProviderTokenEndpointAuth client_secret_post
OIDCUserInfoTokenMethod post_param`;

/** Virtual host → its response type, mode, and what else it does otherwise than usual. */
const HOSTS: Readonly<Record<string, readonly [type: string, mode: string, more?: string]>> = {
  query: ["code", "query"],
  "all-by-post": ["code", "query", ALL_BY_POST],
  post: ["code", "form_post"],
  "id-token": ["id_token", "form_post"],
  "id-token-token": ["id_token token", "form_post"],
  "code-id-token": ["code id_token", "form_post"],
  "code-token": ["code token", "form_post"],
  "code-id-token-token": ["code id_token token", "form_post"],
};

/** Its answers come in the fragment, which a script of Apache's page reads: for a real browser. */
const FRAGMENT_HOST = "fragment";

const NATIVE_HOST = "native";

describe.skipIf(!HAS_APACHE)("Apache's mod_auth_openidc", () => {
  let port: number;
  let dex: DexServer;
  let native: Awaited<ReturnType<typeof startGatehouse>>;
  let apache: Apache;
  const application = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ headers }) => Response.json(Object.fromEntries(headers)),
  });

  beforeAll(async () => {
    port = await freePort();
    const names = [...Object.keys(HOSTS), FRAGMENT_HOST];
    const redirectURIs = names.map((name) => at(name, "/callback"));
    dex = await startDexServer({ staticClients: [{ ...CLIENT, name: "Apache", redirectURIs }] });
    native = await startNative();
    const dexHosts = Object.entries(HOSTS).map(([name, [type, mode, more = ""]]) =>
      virtualHost(name, dex.issuer, `OIDCResponseType "${type}"\nOIDCResponseMode ${mode}\n${more}`),
    );
    const fragmentHost = virtualHost(FRAGMENT_HOST, dex.issuer, 'OIDCResponseType "code id_token token"');
    const nativeHost = virtualHost(NATIVE_HOST, native.url("127.0.0.1", ""), "OIDCResponseType code");
    apache = await startApache(port, [...dexHosts, fragmentHost, nativeHost].join("\n"));
  });
  afterAll(async () => {
    await Promise.all([apache.stop(), dex.stop(), native.stop(), application.stop(true)]);
  });

  function at(name: string, path: string): string {
    return `http://${name}.apache.localhost:${port}${path}`;
  }

  async function startNative() {
    const passwordHash = await hashPassword(JANE.password, "bcrypt");
    return startGatehouse(
      ({ port: own, telemetryPort }) => `
publicUrl: http://127.0.0.1:${own}
listen: 127.0.0.1:${own}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
connectors:
  - id: local
    type: local
    users: [{ email: ${JANE.email}, name: Jane Doe, groups: [staff], passwordHash: "${passwordHash}" }]
clients:
  - id: ${CLIENT.id}
    name: Apache
    secret: "${CLIENT.secret}"
    redirectUris: ["${at(NATIVE_HOST, "/callback")}"]
    postLogoutRedirectUris: ["${at(NATIVE_HOST, "/bye")}"]
`,
    );
  }

  function virtualHost(name: string, issuer: string, more: string): string {
    return `<VirtualHost *>
ServerName ${name}.apache.localhost
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${CLIENT.id}
OIDCClientSecret "${CLIENT.secret}"
OIDCRedirectURI ${at(name, "/callback")}
OIDCCryptoPassphrase "of this test only"
OIDCScope "openid email profile groups offline_access"
OIDCPKCEMethod S256
OIDCInfoHook access_token refresh_token userinfo
${more}
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
<Location /bye>
  Require all granted
</Location>
ProxyPass /callback !
ProxyPass / http://127.0.0.1:${application.port}/
</VirtualHost>`;
  }

  const SEEN = {
    oidc_claim_email: JANE.email,
    oidc_claim_email_verified: "1",
    oidc_claim_name: "Jane Doe",
    oidc_claim_groups: "staff",
  };

  async function seen(browser: Browser, name: string): Promise<unknown> {
    const page = await browser.request(at(name, "/page"));
    return page.status === 200 ? JSON.parse(page.body) : [page.status, page.body, apache.log()];
  }

  test.each(Object.entries(HOSTS))("%s: the application is told who it is", async (name, [type]) => {
    const browser = new Browser();
    const page = await signInAtDex(at(name, "/page?a=1"), { browser });
    expect([page.status, page.url]).toEqual([200, at(name, "/page?a=1")]);
    const told = type.includes("code") ? { oidc_access_token: expect.any(String) } : {};
    expect(await seen(browser, name)).toMatchObject({ ...SEEN, ...told });
  });

  async function info(browser: Browser, name: string): Promise<{ access_token: string; refresh_token: string }> {
    return JSON.parse((await browser.request(at(name, "/callback?info=json"))).body);
  }

  async function isActive(issuer: string, token: string): Promise<unknown> {
    const credentials = `${encodeURIComponent(CLIENT.id)}:${encodeURIComponent(CLIENT.secret)}`;
    const headers = { authorization: `Basic ${btoa(credentials)}` };
    const body = new URLSearchParams({ token });
    const answer = await fetch(`${issuer}/token/introspect`, { method: "POST", headers, body });
    return ((await answer.json()) as { active: unknown }).active;
  }

  test("it refreshes; and when somebody logs out, it revokes and asks again", async () => {
    const browser = new Browser();
    await signInAtDex(at("query", "/page"), { browser });
    const before = await info(browser, "query");
    const query = new URLSearchParams({ refresh: at("query", "/page"), access_token: before.access_token });
    expect((await browser.request(at("query", `/callback?${query}`))).location).toBe(at("query", "/page"));
    const after = await info(browser, "query");
    expect(after.access_token).not.toBe(before.access_token);
    expect(after.refresh_token).not.toBe(before.refresh_token);
    expect(await isActive(dex.issuer, after.access_token)).toBe(true);
    const out = await browser.request(at("query", `/callback?logout=${encodeURIComponent(at("query", "/bye"))}`));
    expect(out.location).toBe(at("query", "/bye"));
    for (const token of Object.values(after)) {
      if (typeof token === "string") expect(await isActive(dex.issuer, token)).toBe(false);
    }
    expect((await browser.request(at("query", "/page"))).location).toStartWith(`${dex.issuer}/auth?`);
  });

  test.skipIf(!needs("chromium", existsSync(CHROMIUM.executablePath))).each([FRAGMENT_HOST, "post", "all-by-post"])(
    "%s, in Chromium, with the scripts and policies of all pages",
    async (name) => {
      const chrome = await chromium.launch(CHROMIUM);
      const page = await chrome.newPage();
      await page.goto(at(name, "/page?a=1"));
      await page.locator('a[href*="/auth/local?"]').click();
      await page.locator('input[name="login"]').fill(JANE.email);
      await page.locator('input[name="password"]').fill(JANE.password);
      await page.keyboard.press("Enter");
      await page.locator('form:has(input[value="approve"]) button').click();
      await page.waitForURL(at(name, "/page?a=1"));
      expect(JSON.parse((await page.textContent("pre")) ?? "")).toMatchObject(SEEN);
      await chrome.close();
    },
  );

  test("the native provider: it logs in, and out of both", async () => {
    const browser = new Browser();
    const form = await browser.open(at(NATIVE_HOST, "/page"));
    const asked = await browser.submit(form, { username: JANE.email, password: JANE.password });
    const page = await browser.submit(asked, { approval: "approve" });
    expect([page.status, page.url]).toEqual([200, at(NATIVE_HOST, "/page")]);
    expect(await seen(browser, NATIVE_HOST)).toMatchObject(SEEN);
    const logout = at(NATIVE_HOST, `/callback?logout=${encodeURIComponent(at(NATIVE_HOST, "/bye"))}`);
    expect((await browser.open(logout)).url).toStartWith(at(NATIVE_HOST, "/bye"));
    expect((await browser.open(at(NATIVE_HOST, "/page"))).body).toContain('name="password"');
  });
});
