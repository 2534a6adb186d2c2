import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { type Answer, Browser } from "../support/browser.ts";
import { type FakeProvider, startFakeProvider } from "../support/fake-provider.ts";
import { freePort, spawnGatehouse, startGatehouse, untilAnswering } from "../support/gatehouse.ts";
import { until } from "../support/until.ts";

/** How an answer is refused that does not hold. */
const UNTRUSTED = 403;
const AUTH = "auth.gatehouse.localhost";
const WIKI = "wiki.gatehouse.localhost";
const passwordHash = await hashPassword("correct horse", "bcrypt");
const helloPort = await freePort();
const corp: FakeProvider = await startFakeProvider();
const partner: FakeProvider = await startFakeProvider();
const goodSettings = structuredClone(corp.settings);
const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;

beforeAll(async () => {
  await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
cookie: { domain: gatehouse.localhost }
connectors:
  - { id: corp, type: oidc, name: Corp login, issuer: "${corp.issuer}", clientId: gatehouse, clientSecret: "${corp.clientSecret}" }
  - { id: partner, type: oidc, name: Partner login, issuer: "${partner.issuer}", clientId: gatehouse, clientSecret: "${partner.clientSecret}" }
  - id: local
    type: local
    users: [{ email: carol@example.com, name: Carol, groups: [staff], passwordHash: "${passwordHash}" }]
apps:
  - host: "${WIKI}:${port}"
    upstream: http://127.0.0.1:${helloPort}
    allow: { groups: [staff] }
    rules: [{ paths: [/admin/**], allow: { groups: [admins] } }]
`,
  );
  await until("discovery of both", async () => (await readiness()).status === "ready");
});

afterEach(() => {
  Object.assign(corp.settings, structuredClone(goodSettings));
});

afterAll(async () => {
  await gatehouse.stop();
  await Promise.all([hello.end(), corp.stop(), partner.stop()]);
});

async function readiness(): Promise<{ readonly status: string }> {
  return (await fetch(`http://127.0.0.1:${gatehouse.telemetryPort}/readyz`)).json();
}

function startUrl(connector: string, returnTarget: string): string {
  const rd = encodeURIComponent(returnTarget);
  return gatehouse.url(AUTH, `/oauth2/start?connector=${connector}&rd=${rd}`);
}

function wiki(path: string): string {
  return gatehouse.url(WIKI, path);
}

async function signIn(browser: Browser, path = "/", connector = "corp"): Promise<Answer> {
  return browser.open(startUrl(connector, wiki(path)));
}

/** Go to the upstream and stop when it sends the browser back: the callback's URL. */
async function callbackOf(browser: Browser, path = "/"): Promise<URL> {
  const toUpstream = await browser.request(startUrl("corp", wiki(path)));
  const back = await browser.request(toUpstream.location ?? "");
  const callback = new URL(back.location ?? "");
  expect(callback.origin + callback.pathname).toBe(gatehouse.url(AUTH, "/oauth2/callback"));
  return callback;
}

/** The names of the choices on a sign-in page, in order. */
function choicesOf(page: Answer): readonly string[] {
  return [...page.body.matchAll(/Continue with ([A-Za-z ]+)</g)].map(([, name = ""]) => name);
}

/** Nobody was signed in, and the page says why and how to start again. */
function expectRefusal(answer: Answer, status: number, words: string): void {
  expect({ status: answer.status, says: answer.body.includes(words), words }).toEqual({ status, says: true, words });
  expect(answer.body).toContain("/oauth2/start?rd=");
  expect(answer.body).toContain("Start again");
  expect(answer.headers.getSetCookie().filter((cookie) => cookie.includes("gatehouse_session"))).toEqual([]);
}

async function isSignedIn(browser: Browser): Promise<boolean> {
  return (await browser.request(wiki("/"))).status === 200;
}

describe("choosing", () => {
  test("a stranger is offered every way to sign in, and the application that asks is named", async () => {
    const page = await new Browser().open(wiki("/page"));
    expect(page.url).toStartWith(gatehouse.url(AUTH, "/oauth2/"));
    expect(choicesOf(page)).toEqual(["Corp login", "Partner login"]);
    expect(page.body).toContain('name="password"');
    expect(page.body).toContain(WIKI);
    expect(page.body).not.toContain("Last used");
  });

  test("the one used last comes first, also after signing out", async () => {
    const browser = new Browser();
    await signIn(browser, "/", "partner");
    await browser.open(gatehouse.url(AUTH, "/oauth2/sign_out"));
    const page = await browser.open(wiki("/"));
    expect(choicesOf(page)).toEqual(["Partner login", "Corp login"]);
    expect(page.body.indexOf("Last used")).toBeGreaterThan(page.body.indexOf("Partner login"));
    expect(page.body.indexOf("Last used")).toBeLessThan(page.body.indexOf("Corp login"));
  });

  test("the password form next to it works as well", async () => {
    const browser = new Browser();
    const page = await browser.submit(await browser.open(wiki("/p?q=1")), {
      username: "carol@example.com",
      password: "correct horse",
    });
    expect([page.status, page.url]).toEqual([200, wiki("/p?q=1")]);
  });

  test("a choice leads to the upstream with PKCE, state, nonce and the one callback", async () => {
    const page = await new Browser().open(wiki("/page"));
    const href = /href="([^"]*connector=corp[^"]*)"/.exec(page.body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const toUpstream = await new Browser().request(new URL(href, page.url).href);
    const url = new URL(toUpstream.location ?? "");
    expect(url.origin).toBe(corp.issuer);
    expect(url.searchParams.get("code_challenge_method")).toBe("S256");
    expect(url.searchParams.get("code_challenge")).toMatch(/^[\w-]{43}$/);
    expect(url.searchParams.get("nonce")).toMatch(/^[\w-]{32}$/);
    expect(url.searchParams.get("state")).toMatch(/^[\w-]{32}$/);
    expect(url.searchParams.get("redirect_uri")).toBe(gatehouse.url(AUTH, "/oauth2/callback"));
  });
});

describe("signing in", () => {
  test("comes back to the page asked for, and the application is told who it is", async () => {
    const browser = new Browser();
    const page = await signIn(browser, "/page?a=1&b=%2F2");
    expect([page.status, page.url]).toEqual([200, wiki("/page?a=1&b=%2F2")]);
    const echo = await browser.request(wiki("/"), { headers: { accept: "application/json" } });
    const { headers } = JSON.parse(echo.body);
    expect(headers["x-forwarded-user"]).toBe("id-of-alice");
    expect(headers["x-forwarded-email"]).toBe("alice@example.com");
    expect(headers["x-forwarded-groups"]).toBe("staff,admins");
    expect(headers["x-forwarded-preferred-username"]).toBe("alice");
    expect(headers["cookie"] ?? "").not.toContain("gatehouse_");
  });

  test("the groups of the upstream decide", async () => {
    const [alice, bob] = [new Browser(), new Browser()];
    expect((await signIn(alice, "/admin/x")).status).toBe(200);
    corp.settings.user = "bob";
    expect((await signIn(bob, "/page")).status).toBe(200);
    expect((await bob.request(wiki("/admin/x"))).status).toBe(403);
  });

  test("two tabs at once both arrive, whichever finishes first", async () => {
    const browser = new Browser();
    const first = await callbackOf(browser, "/first");
    const second = await callbackOf(browser, "/second");
    expect((await browser.open(second.href)).url).toBe(wiki("/second"));
    expect((await browser.open(first.href)).url).toBe(wiki("/first"));
  });

  test("each sign-in gives the session another id", async () => {
    const browser = new Browser();
    const sessionOf = (): string | undefined =>
      browser.cookies.find((cookie) => cookie.name.includes("gatehouse_session"))?.value;
    await signIn(browser);
    const first = sessionOf();
    const old = [...browser.cookies];
    await signIn(browser);
    expect(sessionOf()).not.toBe(first);
    browser.cookies = old;
    expect(await isSignedIn(browser)).toBe(false);
  });
});

describe("a callback that is not this browser's", () => {
  test.each([
    ["without a state", (url: URL) => url.searchParams.delete("state"), 400],
    ["with an empty state", (url: URL) => url.searchParams.set("state", ""), 400],
    ["with a guessed state", (url: URL) => url.searchParams.set("state", "A".repeat(32)), 403],
  ])("%s is refused before the upstream is asked anything", async (_name, bend, status) => {
    const browser = new Browser();
    const callback = await callbackOf(browser);
    bend(callback);
    const asked = corp.requests.token;
    expectRefusal(await browser.request(callback.href), status, "This sign-in cannot be continued");
    expect(corp.requests.token).toBe(asked);
  });

  test("in another browser it is refused, and the code still works for the one that asked", async () => {
    const [victim, attacker] = [new Browser(), new Browser()];
    const callback = await callbackOf(attacker);
    const asked = corp.requests.token;
    expectRefusal(await victim.request(callback.href), 403, "This sign-in cannot be continued");
    expect(corp.requests.token).toBe(asked);
    expect((await attacker.open(callback.href)).status).toBe(200);
  });

  test("with another login's state in the same browser, the code proves nothing", async () => {
    const browser = new Browser();
    const [first, second] = [await callbackOf(browser), await callbackOf(browser)];
    first.searchParams.set("code", second.searchParams.get("code") ?? "");
    const answer = await browser.request(first.href);
    expect([answer.status >= 400 && answer.status < 500, await isSignedIn(browser)]).toEqual([true, false]);
  });

  test("replayed, it is refused, also with the cookie that was deleted", async () => {
    const browser = new Browser();
    const callback = await callbackOf(browser);
    const inFlight = [...browser.cookies];
    expect((await browser.open(callback.href)).status).toBe(200);
    const asked = corp.requests.token;
    expectRefusal(await browser.request(callback.href), 403, "This sign-in cannot be continued");
    const again = new Browser();
    again.cookies = inFlight;
    expectRefusal(await again.request(callback.href), 403, "This sign-in cannot be continued");
    expect(corp.requests.token).toBe(asked);
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe("an upstream that says no", () => {
  test.each([
    ["access_denied", "access_denied"],
    ["server_error", "server_error"],
    ["temporarily_unavailable", "temporarily_unavailable"],
  ])("error=%s is shown, and nothing is redeemed", async (error, words) => {
    corp.settings.denyWith = error;
    const asked = corp.requests.token;
    const browser = new Browser();
    const callback = await callbackOf(browser, "/wanted");
    const answer = await browser.request(callback.href);
    expectRefusal(answer, 403, words);
    expect(answer.body).toContain(encodeURIComponent(wiki("/wanted")).replaceAll("&", "&amp;"));
    expect(corp.requests.token).toBe(asked);
  });

  test("an error with markup in it is not repeated", async () => {
    corp.settings.denyWith = '"><script>alert(1)</script>';
    const answer = await signIn(new Browser());
    expectRefusal(answer, 403, "Corp login did not sign you in");
    expect(answer.body).not.toContain("<script>alert");
  });

  test("a code that it does not accept is 4xx with a page", async () => {
    const browser = new Browser();
    const callback = await callbackOf(browser);
    callback.searchParams.set("code", "made-up");
    expectRefusal(await browser.request(callback.href), 403, "did not accept this sign-in");
    expect(await isSignedIn(browser)).toBe(false);
  });

  test("starting again from such a page leads to the page that was wanted", async () => {
    const browser = new Browser();
    corp.settings.denyWith = "access_denied";
    const refused = await signIn(browser, "/wanted");
    corp.settings.denyWith = undefined;
    const href = /href="([^"]*\/oauth2\/start\?rd=[^"]*)"/.exec(refused.body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const choice = await browser.open(new URL(href, refused.url).href);
    const corpHref = /href="([^"]*connector=corp[^"]*)"/.exec(choice.body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect((await browser.open(new URL(corpHref, choice.url).href)).url).toBe(wiki("/wanted"));
  });

  test("one whose token endpoint is out of order: 503 with Retry-After, and nobody is signed in", async () => {
    const browser = new Browser();
    const callback = await callbackOf(browser);
    corp.settings.failing = { token: 500 };
    const answer = await browser.request(callback.href);
    expect([answer.status, answer.headers.has("retry-after")]).toEqual([503, true]);
    expect(answer.body).toContain("/oauth2/start?rd=");
    expect(await isSignedIn(browser)).toBe(false);
  });
});

describe("an upstream that lies", () => {
  test.each([
    ["a wrong nonce", { idTokenClaims: { nonce: "another login's" } }],
    ["no nonce", { idTokenClaims: { nonce: undefined } }],
    ["a token for another client", { idTokenClaims: { aud: "somebody-else" } }],
    ["a token of another issuer", { idTokenClaims: { iss: "https://evil.example" } }],
    ["a token that has ended", { idTokenClaims: { exp: 1_000_000_000 } }],
    ["a token without a signature", { signing: "none" as const }],
    ["a token signed with the client secret", { signing: "shared-secret" as const }],
    ["a token signed with a foreign key", { signing: "foreign-key" as const }],
    ["another issuer in the callback", { sendIssuer: "https://evil.example" }],
    ["no issuer in the callback, though it promised one", { sendIssuer: false }],
  ])("%s signs nobody in", async (_name, settings) => {
    Object.assign(corp.settings, settings);
    const browser = new Browser();
    const answer = await signIn(browser);
    expect(answer.status).toBe(UNTRUSTED);
    expect(answer.body).toContain("could not be verified");
    expect(answer.body).toContain("/oauth2/start?rd=");
    expect(await isSignedIn(browser)).toBe(false);
  });

  test("an address that the upstream does not vouch for is refused", async () => {
    corp.settings.idTokenClaims = { email_verified: false };
    const browser = new Browser();
    expectRefusal(await signIn(browser), 403, "not verified");
    expect(await isSignedIn(browser)).toBe(false);
  });
});

describe("signing out", () => {
  test("ends the upstream's session too, and comes back to the return target", async () => {
    const browser = new Browser();
    await signIn(browser);
    const rd = encodeURIComponent(wiki("/goodbye"));
    const out = await browser.request(gatehouse.url(AUTH, `/oauth2/sign_out?rd=${rd}`));
    const upstream = new URL(out.location ?? "");
    expect(upstream.origin + upstream.pathname).toBe(`${corp.issuer}/logout`);
    expect(upstream.searchParams.get("client_id")).toBe("gatehouse");
    expect(upstream.searchParams.get("id_token_hint")).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const registered = upstream.searchParams.get("post_logout_redirect_uri") ?? "";
    expect(registered).toBe(gatehouse.url(AUTH, "/oauth2/signed_out"));
    expect(await isSignedIn(browser)).toBe(false);
    const state = encodeURIComponent(upstream.searchParams.get("state") ?? "");
    expect((await browser.request(`${registered}?state=${state}`)).location).toBe(wiki("/goodbye"));
  });

  test("a foreign return target is not followed, also not by a forged state", async () => {
    const browser = new Browser();
    await signIn(browser);
    const rd = encodeURIComponent("https://evil.example/");
    const out = await browser.request(gatehouse.url(AUTH, `/oauth2/sign_out?rd=${rd}`));
    const state = new URL(out.location ?? "").searchParams.get("state") ?? "";
    const back = await browser.request(gatehouse.url(AUTH, `/oauth2/signed_out?state=${encodeURIComponent(state)}`));
    expect(back.location).toBe(gatehouse.url(AUTH, "/"));
    const forged = await browser.request(gatehouse.url(AUTH, `/oauth2/signed_out?state=${rd}`));
    expect([forged.status, forged.location]).toEqual([200, undefined]);
  });
});

test("no code, token, secret or state of all this is in the log", async () => {
  await new Browser().request(gatehouse.url(AUTH, "/oauth2/callback?state=the-last-one"));
  const log = await until("the log of all this", () => {
    const output = gatehouse.process.output();
    return output.includes('"sign-out"') && output.includes("login_state_mismatch") && output;
  });
  const secrets = [corp.clientSecret, ...corp.tokenForms.flatMap(({ code, code_verifier }) => [code, code_verifier])];
  expect(secrets.filter((secret) => secret !== undefined && log.includes(secret))).toEqual([]);
});
