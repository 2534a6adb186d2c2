import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Browser, formsOf } from "../support/browser.ts";
import { DEVICE_GRANT, send } from "../support/device.ts";
import { APP, APP_CALLBACK, type DexServer, JANE, signInAtDex, startDexServer } from "../support/dex-server.ts";
import { freePort, temporaryFolder } from "../support/gatehouse.ts";
import { type SelfSigned, selfSigned } from "../support/self-signed.ts";
import { connectTls } from "../support/tls-client.ts";
import { until } from "../support/until.ts";

/**
 * The advisories about dex and its hardening fixes that have no file of their own, against `gatehouse dex serve`. Elsewhere:
 *
 * - v2.4.1, #3372, #3470 (LDAP: empty passwords, injection): `ldap-injection.test.ts`
 * - CVE-2020-15216, CVE-2020-27847, CVE-2020-26290 (SAML): `saml-wrapping.test.ts`
 * - #4928 (device callback): `device-codes.test.ts`
 * - #4397 (audience of exchanged tokens): `src/connector/federated/oidc/oidc-connector.test.ts`
 */
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const BASIC = { authorization: `Basic ${btoa(`${APP.id}:${encodeURIComponent(APP.secret)}`)}` };

const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

function authorization(server: DexServer, more: Readonly<Record<string, string>> = {}, path = "/auth"): string {
  const query = { client_id: APP.id, redirect_uri: APP_CALLBACK, response_type: "code", scope: "openid", state: "s" };
  return `${server.issuer}${path}?${new URLSearchParams({ ...query, ...more }).toString()}`;
}

function token(server: DexServer, form: Readonly<Record<string, string>>, headers: Record<string, string> = BASIC) {
  return send(`${server.issuer}/token`, form, headers);
}

describe("CVE-2022-39222: whoever knows the upstream's state", () => {
  let server: DexServer;
  let state: string;
  let approval: URL;
  beforeAll(async () => {
    server = await startDexServer();
    cleanups.push(server.stop);
    const victim = new Browser();
    const sent = await victim.request(authorization(server, {}, "/auth/mock"));
    state = new URL(sent.location ?? "").searchParams.get("state") ?? "";
    approval = new URL((await victim.request(sent.location ?? "")).location ?? "");
  });

  test.each([
    ["opens no approval page by it alone", (id: string) => `/approval?req=${id}`],
    ["nor with an empty signature", (id: string) => `/approval?req=${id}&hmac=`],
    ["nor with one of their own", (id: string) => `/approval?req=${id}&hmac=${"A".repeat(43)}`],
    [
      "nor with one made without the key",
      (id: string) => `/approval?req=${id}&hmac=${createHash("sha256").update(id).digest("base64url")}`,
    ],
    ["nor goes on by it", (id: string) => `/auth?req=${id}`],
    ["nor with the approval page's signature", (id: string) => `/auth?req=${id}&hmac=${signature()}`],
  ])("%s", async (_name, path) => {
    expect(approval.searchParams.get("req")).toBe(state);
    for (const form of [undefined, { approval: "approve" }]) {
      const answer = await new Browser().request(server.issuer + path(state), form === undefined ? {} : { form });
      expect([answer.status, answer.location]).toEqual([401, undefined]);
    }
  });

  test("has no use for the signature of a request of their own", async () => {
    const mallory = new Browser();
    const own = await mallory.request((await mallory.request(authorization(server, {}, "/auth/mock"))).location ?? "");
    const stolen = new URL(own.location ?? "");
    stolen.searchParams.set("req", state);
    expect((await mallory.request(stolen.href)).status).toBe(401);
  });

  test("while the one who signed in comes to the page", async () => {
    expect((await new Browser().request(approval.href)).status).toBe(200);
  });

  test.each([
    "%2F%2Fevil.example",
    "..%2F..%2Fevil.example",
    "%5Cevil.example",
    "https:%2F%2Fevil.example",
    "mock%2F..",
  ])("a connector called %s leads to no other host", async (id) => {
    for (const path of [`/auth/${id}`, `/auth/${id}/login`, `/callback/${id}`]) {
      const answer = await new Browser().request(authorization(server, {}, path));
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.location).toBeUndefined();
    }
  });

  const signature = (): string => approval.searchParams.get("hmac") ?? "";
});

describe("CVE-2024-23656: TLS 1.1", () => {
  test("is refused before and after the certificate is read again, and TLS 1.2 is not", async () => {
    const [first, second, port] = [selfSigned("first"), selfSigned("second"), await freePort()];
    const additions = (pair: SelfSigned) => ({
      sections: { web: { https: `127.0.0.1:${port}`, tlsCert: "tls.crt", tlsKey: "tls.key" } },
      files: { "tls.crt": pair.certificate, "tls.key": pair.key },
    });
    const server = await startDexServer(additions(first));
    cleanups.push(server.stop);
    const shown = async (): Promise<string> => {
      const client = await connectTls(port, { maxVersion: "TLSv1.2" });
      client.close();
      return `${client.protocol} ${client.name}`;
    };
    const ancient = { minVersion: "TLSv1", maxVersion: "TLSv1.1" } as const;
    expect(await shown()).toBe("TLSv1.2 first");
    await expect(connectTls(port, ancient)).rejects.toThrow();
    server.reload(additions(second));
    await until("the new certificate", async () => (await shown()) === "TLSv1.2 second");
    await expect(connectTls(port, ancient)).rejects.toThrow();
  });
});

describe("GHSA-7qjx-gp9h-65qj: a client's allowedConnectors hold", () => {
  const closed = { id: "closed", secret: "closed-secret", name: "Closed", redirectURIs: [APP_CALLBACK] };
  const device = { id: "box", name: "Box", public: true };
  const basic = { authorization: `Basic ${btoa("closed:closed-secret")}` };
  const clients = (allowedConnectors: readonly string[]) => ({
    staticClients: [
      { ...closed, allowedConnectors },
      { ...device, allowedConnectors },
    ],
    sections: { oauth2: { ...OAUTH2, skipApprovalScreen: true } },
  });
  const OAUTH2 = {
    grantTypes: ["authorization_code", "implicit", "refresh_token", "password", EXCHANGE, DEVICE_GRANT],
    responseTypes: ["code", "id_token"],
    passwordConnector: "local",
  };
  const who = { client_id: closed.id, scope: "openid offline_access" };
  const ways: Record<string, () => Promise<unknown>> = {};
  let deviceCallback = "";
  const underWay: (readonly [Browser, string])[] = [];
  const REFUSED = { error: "invalid_grant", error_description: "Connector not allowed for this client." };
  let server: DexServer;

  beforeAll(async () => {
    server = await startDexServer(clients([]));
    cleanups.push(server.stop);
    const codes = await Promise.all([1, 2].map(() => codeAt(authorization(server, who, "/auth/mock"))));
    const redeem = { grant_type: "authorization_code", redirect_uri: APP_CALLBACK };
    const refreshed = await token(server, { ...redeem, code: codes[0] ?? "" }, basic);
    const exchange = { grant_type: EXCHANGE, connector_id: "mock", subject_token: "x", scope: "openid" };
    const type = { subject_token_type: "urn:ietf:params:oauth:token-type:access_token" };
    const password = { grant_type: "password", username: JANE.email, password: JANE.password, scope: "openid" };
    deviceCallback = await deviceUnderWay();
    for (const types of ["code", "id_token"]) {
      const browser = new Browser();
      const begun = await browser.request(
        authorization(server, { ...who, response_type: types, nonce: "n" }, "/auth/mock"),
      );
      underWay.push([browser, begun.location ?? ""]);
    }
    Object.assign(ways, {
      code: () => token(server, { ...redeem, code: codes[1] ?? "" }, basic),
      refresh: () => token(server, { grant_type: "refresh_token", refresh_token: text(refreshed.body) }, basic),
      exchange: () => token(server, { ...exchange, ...type }, basic),
      password: () => token(server, password, basic),
    });
    expect(await ways["exchange"]?.()).toMatchObject({ status: 200 });
    expect(await ways["password"]?.()).toMatchObject({ status: 200 });
    // What is allowed from now on is neither the one of the logins nor the one of the password grant.
    server.reload(clients(["elsewhere"]));
    await until("the new list", async () => (await new Browser().request(authorization(server, who))).status === 400);
  });

  const text = (body: Readonly<Record<string, unknown>>): string => String(body["refresh_token"]);

  async function codeAt(url: string): Promise<string> {
    const answer = await signInAtDex(url);
    return new URL(answer.location ?? "http://none.test").searchParams.get("code") ?? "";
  }

  /** Signed in, and about to come back to the device's callback. */
  async function deviceUnderWay(): Promise<string> {
    const { body } = await send(`${server.issuer}/device/code`, { client_id: device.id, scope: "openid" });
    const browser = new Browser();
    const form = { user_code: String(body["user_code"]) };
    const page = await browser.request(`${server.issuer}/device/auth/verify_code`, { form });
    const at = new URL(page.location ?? "");
    at.pathname += "/mock";
    let answer = await browser.request(at.href);
    while (answer.location?.includes("code=") === false) answer = await browser.request(answer.location);
    return answer.location ?? "";
  }

  test.each(["code", "refresh", "exchange", "password"])("in the %s grant", async (way) => {
    expect(await ways[way]?.()).toMatchObject({ status: 400, body: REFUSED });
  });

  test("for logins under way, of the code and of the implicit flow", async () => {
    expect(underWay).toHaveLength(2);
    for (const [browser, callback] of underWay) {
      const { status, location } = await browser.request(callback);
      expect([status, location]).toEqual([403, undefined]);
    }
  });

  test("in the device grant", async () => {
    const { status, body } = await new Browser().request(deviceCallback);
    expect([status, body.includes("Connector not allowed for this client.")]).toEqual([400, true]);
  });

  test.each([
    ["at the page with all connectors", "/auth", {}],
    ["for a connector_id", "/auth", { connector_id: "mock" }],
    ["at the connector's own address", "/auth/mock", {}],
    ["at the connector's own address, asked for another", "/auth/mock", { connector_id: "elsewhere" }],
    ["at the password form", "/auth/local", {}],
  ])("%s", async (_name, path, more) => {
    const answer = await new Browser().request(authorization(server, { ...who, ...more }, path));
    const error = new URL(answer.location ?? "http://none.test").searchParams.get("error");
    expect(error ?? answer.status).toBeOneOf([400, 403, "invalid_request"]);
    expect(answer.body).not.toContain("/auth/mock");
  });
});

describe("v2.6.1: an organisation of GitHub's that is asked for", () => {
  const pair = selfSigned("github");
  const asked: string[] = [];
  let server: DexServer;
  let member = false;

  beforeAll(async () => {
    const github = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      tls: { cert: pair.certificate, key: pair.key },
      fetch(request) {
        const { pathname } = new URL(request.url);
        asked.push(pathname);
        if (pathname === "/login/oauth/access_token") return Response.json({ access_token: "t", token_type: "bearer" });
        if (pathname === "/api/v3/user") return Response.json({ id: 1, login: "mona", name: "acme-admin", email: "" });
        if (pathname === "/api/v3/user/emails") {
          return Response.json([{ email: "mona@example.com", primary: true, verified: true }]);
        }
        if (pathname === "/api/v3/user/teams") return Response.json([]);
        const isMember = member && pathname === "/api/v3/orgs/acme/members/mona";
        return new Response(null, { status: isMember ? 204 : 404 });
      },
    });
    const [folder, port] = [temporaryFolder(), await freePort()];
    writeFileSync(join(folder.path, "ca.pem"), pair.certificate);
    const config = {
      clientID: "ours",
      clientSecret: "secret",
      redirectURI: `http://127.0.0.1:${port}/dex/callback`,
      hostName: `127.0.0.1:${github.port}`,
      rootCA: join(folder.path, "ca.pem"),
      orgs: [{ name: "acme" }],
    };
    server = await startDexServer({ port, connectors: [{ type: "github", id: "github", name: "GitHub", config }] });
    cleanups.push(folder.remove, () => github.stop(true), server.stop);
  });

  async function signIn(): Promise<number> {
    const browser = new Browser();
    const sent = await browser.request(authorization(server, { scope: "openid" }, "/auth/github"));
    const state = new URL(sent.location ?? "").searchParams.get("state") ?? "";
    return (await browser.request(`${server.issuer}/callback?code=c&state=${state}`)).status;
  }

  test("keeps others out although no groups are asked for, by login and not by display name", async () => {
    expect(await signIn()).toBe(500);
    await until("the reason", () => server.process.output().includes("in none of the required organisations"));
    expect(asked).toContain("/api/v3/orgs/acme/members/mona");
    expect(asked.some((path) => path.includes("acme-admin"))).toBe(false);
    member = true;
    expect(await signIn()).toBe(303);
  });
});

describe("#4927", () => {
  let server: DexServer;
  beforeAll(async () => {
    const config = { userHeader: "X-Remote-User" };
    server = await startDexServer({ connectors: [{ type: "authproxy", id: "proxy", name: "Proxy", config }] });
    cleanups.push(server.stop);
  });

  test.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/ok\nevil",
    " //evil.example",
    "http:evil.example",
  ])("the password form links back to no %j", async (back) => {
    const browser = new Browser();
    const form = new URL((await browser.request(authorization(server, {}, "/auth/local"))).location ?? "");
    const own = await browser.request(form.href);
    expect(own.body).toContain('href="/dex/auth?');
    form.searchParams.set("back", back);
    const page = await browser.request(form.href);
    expect(page.status).toBe(200);
    expect([...page.body.matchAll(/href="([^"]*)"/g)].filter(([, href]) => href?.includes("evil"))).toEqual([]);
    expect(page.body).not.toContain('href="javascript:');
  });

  test("what a proxy says of somebody counts at the address it guards, not at the bare callback", async () => {
    const headers = { "x-remote-user": "admin" };
    const begin = async (browser: Browser): Promise<string> => {
      const sent = await browser.request(authorization(server, {}, "/auth/proxy"));
      return new URL(sent.location ?? "").searchParams.get("state") ?? "";
    };
    const [mallory, alice] = [new Browser(), new Browser()];
    const bare = await mallory.request(`${server.issuer}/callback?state=${await begin(mallory)}`, { headers });
    expect([bare.status, bare.location]).toEqual([500, undefined]);
    const other = await mallory.request(`${server.issuer}/callback/mock?state=${await begin(mallory)}`, { headers });
    expect([other.status, other.location]).toEqual([400, undefined]);
    const guarded = await alice.request(`${server.issuer}/callback/proxy?state=${await begin(alice)}`, { headers });
    expect(guarded.location).toContain("/dex/approval?");
  });

  test("a page about an error says nothing of the inside", async () => {
    for (const path of ["/callback?state=x", "/auth/nothing", "/approval?req=x&hmac=y", "/auth/local/login?state=x"]) {
      const { status, body } = await new Browser().request(server.issuer + path);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).not.toMatch(/sqlite|\.ts\b|node_modules|at \w+ \(|SELECT|undefined/);
    }
  });
});

describe("#4885", () => {
  test("an encoded percent sign in a redirect URI stays one", async () => {
    const redirectUri = "https://app.example.com/cb%2525/x";
    const client = { id: "odd", secret: "odd-secret", name: "Odd", redirectURIs: [redirectUri] };
    const server = await startDexServer({ staticClients: [client] });
    cleanups.push(server.stop);
    const at = (uri: string): string => authorization(server, { client_id: "odd", redirect_uri: uri }, "/auth/mock");
    const answer = await signInAtDex(at(redirectUri), { home: redirectUri });
    expect(answer.location).toStartWith(`${redirectUri}?code=`);
    for (const other of ["https://app.example.com/cb%25/x", "https://app.example.com/cb%/x"]) {
      expect((await new Browser().request(at(other))).status).toBe(400);
    }
  });
});

describe("#1292: a flood of begun sign-ins", () => {
  test("is bounded for one address, and keeps nobody else out", async () => {
    const header = { clientRemoteIP: { header: "X-Real-IP", trustedProxies: ["127.0.0.0/8"] } };
    const server = await startDexServer({ sections: { web: header, storage: { type: "memory" } } });
    cleanups.push(server.stop);
    const begin = async (from: string): Promise<Response> => {
      const headers = from === "" ? {} : { "x-real-ip": from };
      return fetch(authorization(server, {}, "/auth/mock"), { headers, redirect: "manual" });
    };
    for (let round = 0; round < 100; round += 1) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => begin("192.0.2.1")));
      expect(answers.every(({ status }) => status === 302)).toBe(true);
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    }
    const refused = await begin("192.0.2.1");
    expect([refused.status, /^[1-9]\d*$/.test(refused.headers.get("retry-after") ?? "")]).toEqual([429, true]);
    expect((await begin("192.0.2.2")).status).toBe(302);
    // A gateway that does not say for whom it asks stands for everybody.
    expect((await begin("")).status).toBe(302);
  });
});

describe("#3509: passwords cannot be guessed for long", () => {
  test("by the form, nor by the grant, and the answer says when to come again", async () => {
    const server = await startDexServer();
    cleanups.push(server.stop);
    const browser = new Browser();
    const page = await browser.open(authorization(server, {}, "/auth/local"));
    const action = formsOf(page)[0]?.action ?? "";
    const guess = (password: string) =>
      browser.request(action, { form: { login: JANE.email, password }, headers: { "sec-fetch-site": "same-origin" } });
    const statuses: number[] = [];
    for (let tries = 0; tries < 6; tries += 1) statuses.push((await guess(`wrong ${tries}`)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    const right = await guess(JANE.password);
    expect([right.status, right.headers.get("retry-after")]).toEqual([429, expect.stringMatching(/^[1-9]\d*$/)]);
    const form = { grant_type: "password", username: JANE.email, password: JANE.password, scope: "openid" };
    const granted = await token(server, form);
    expect([granted.status, granted.headers.get("retry-after")]).toEqual([429, expect.stringMatching(/^[1-9]\d*$/)]);
  });
});
