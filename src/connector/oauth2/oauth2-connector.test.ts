import { afterEach, describe, expect, test } from "bun:test";
import {
  CLIENT_SECRET,
  type FakeAnswer,
  type FakeVendor,
  failureOf,
  reasonOf,
  startFakeVendor,
  TRANSACTION,
  vendorDeps,
  vendorOptions,
} from "../../../test/support/fake-vendor.ts";
import type { PlainOAuth2ConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Login } from "../../protocol/identity.ts";
import type { RedirectConnector } from "../connector.ts";
import { createOAuth2Connector } from "./create-oauth2-connector.ts";
import type { OAuth2Deps } from "./oauth2-client.ts";

const open: FakeVendor[] = [];
afterEach(async () => {
  for (const vendor of open.splice(0)) await vendor.stop();
});

interface Made {
  readonly vendor: FakeVendor;
  readonly connector: RedirectConnector;
  readonly redeem: (query?: string) => Promise<Login>;
  readonly validate: (accessToken?: string) => Promise<boolean>;
}

type Changed = Partial<PlainOAuth2ConnectorConfiguration>;

async function make(
  routes: FakeVendor["routes"] = {},
  changed: (vendor: FakeVendor) => Changed = () => ({}),
  deps: Partial<OAuth2Deps> = {},
): Promise<Made> {
  const account = { body: { account: { email: "sammy@example.com", email_verified: true } } };
  const vendor = await startFakeVendor({ "GET /v2/account": account, ...routes });
  open.push(vendor);
  const options = vendorOptions(vendor, { profile: "/v2/account", validate: "/v2/account" });
  const connector = await createOAuth2Connector(vendorDeps(deps), {
    type: "digitalocean",
    ...options,
    ...changed(vendor),
  });
  return {
    vendor,
    connector,
    redeem: (query = "code=the-code") => connector.redeem(new URLSearchParams(query), TRANSACTION),
    validate: async (accessToken = "at-1") => {
      const identity = { userId: "", username: "", preferredUsername: "", email: "", emailVerified: false, groups: [] };
      return connector.validate?.({ identity, tokens: { accessToken } }) ?? Promise.reject(new Error("no validation"));
    },
  };
}

describe("the authorization request", () => {
  const COMMON =
    "client_id=gatehouse&redirect_uri=https%3A%2F%2Fwiki.example.com%2Foauth2%2Fcallback&response_type=code&scope=one+two&state=a-state";

  test("is the endpoint with the protocol's parameters, sorted by name", async () => {
    const { connector, vendor } = await make();
    expect((await connector.authorizationUrl(TRANSACTION)).href).toBe(`${vendor.url}/authorize?${COMMON}`);
  });

  test("keeps the endpoint's own query, but none of it that is the protocol's", async () => {
    const { connector } = await make({}, (vendor) => ({
      endpoints: {
        ...vendorOptions(vendor, { validate: "/" }).endpoints,
        authorization: `${vendor.url}/authorize?tenant=7&client_id=evil&state=evil&redirect_uri=evil`,
      },
    }));
    expect((await connector.authorizationUrl(TRANSACTION)).search).toBe(`?${COMMON}&tenant=7`);
  });

  test("adds the login's parameters in every value, and lets them replace nothing", async () => {
    const { connector } = await make();
    const parameters = {
      approval_prompt: ["force"],
      hd: ["a", "b"],
      state: ["evil"],
      scope: ["evil"],
      client_id: ["evil"],
    };
    const url = await connector.authorizationUrl({ ...TRANSACTION, parameters });
    expect(url.search).toBe(`?approval_prompt=force&${COMMON.replace("&redirect", "&hd=a&hd=b&redirect")}`);
  });

  test("carries a hint and a forced login, which the login's parameters may word themselves", async () => {
    const { connector } = await make();
    const asked = { ...TRANSACTION, loginHint: "bob", forceLogin: true };
    const plain = await connector.authorizationUrl(asked);
    expect(Object.fromEntries(plain.searchParams)).toMatchObject({ login_hint: "bob", prompt: "login" });
    const worded = await connector.authorizationUrl({ ...asked, parameters: { prompt: ["select_account"] } });
    expect(worded.searchParams.getAll("prompt")).toEqual(["select_account"]);
  });

  test.each([
    ["S256", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],
    ["plain", TRANSACTION.codeVerifier],
  ] as const)("carries a challenge for PKCE %s, and the code its verifier", async (pkce, challenge) => {
    const { connector, redeem, vendor } = await make({}, () => ({ pkce }));
    const { searchParams } = await connector.authorizationUrl(TRANSACTION);
    expect(searchParams.get("code_challenge")).toBe(challenge);
    expect(searchParams.get("code_challenge_method")).toBe(pkce);
    await redeem();
    expect(new URLSearchParams(vendor.requests[0]?.body).get("code_verifier")).toBe(TRANSACTION.codeVerifier);
  });
});

describe("the code", () => {
  test("is redeemed once, by a form with the client's credentials in it", async () => {
    const { redeem, vendor } = await make();
    expect((await redeem()).tokens).toEqual({ accessToken: "at-1" });
    const tokenRequests = vendor.requests.filter(({ target }) => target === "/token");
    expect(tokenRequests).toMatchObject([{ method: "POST", authorization: "none" }]);
    expect(Object.fromEntries(new URLSearchParams(tokenRequests[0]?.body))).toEqual({
      client_id: "gatehouse",
      client_secret: CLIENT_SECRET,
      code: "the-code",
      grant_type: "authorization_code",
      redirect_uri: TRANSACTION.redirectUri,
    });
  });

  test.each<[string, FakeAnswer]>([
    ["a form", { body: "access_token=at-2&scope=read&token_type=bearer" }],
    ["a form that calls itself HTML", { body: "access_token=at-2", headers: { "Content-Type": "text/html" } }],
    ["JSON that calls itself text", { body: JSON.stringify({ access_token: "at-2", expires_in: 5 }) }],
  ])("is worth an access token, and no more, in %s", async (_name, answer) => {
    const { redeem, vendor } = await make({ "POST /token": answer });
    expect((await redeem()).tokens).toEqual({ accessToken: "at-2" });
    expect(vendor.asked()).toEqual(["GET /v2/account Bearer at-2"]);
  });

  test.each([
    ["", "denied"],
    ["code=", "denied"],
    ["code=the-code&error=access_denied", "denied"],
    ["code=the-code&code=b", "untrusted"],
  ])("is not redeemed from the callback %j", async (query, reason) => {
    const { redeem, vendor } = await make();
    expect((await failureOf(redeem(query))).reason).toBe(reason as "denied");
    expect(vendor.requests).toEqual([]);
  });

  test.each<[string, FakeAnswer, string, string]>([
    [
      "GitHub's refusal with 200",
      { body: { error: "bad_verification_code" } },
      "denied",
      "200 (bad_verification_code)",
    ],
    ["a refusal as a form", { body: "error=bad_verification_code" }, "denied", "bad_verification_code"],
    ["invalid_grant", { status: 400, body: { error: "invalid_grant" } }, "denied", "400 (invalid_grant)"],
    ["Facebook's refusal", { status: 400, body: { error: { message: "the-code", code: 100 } } }, "denied", "400"],
    ["an error that repeats the code", { status: 400, body: { error: "the-code" } }, "denied", "400"],
    ["a client it does not know", { status: 401, body: { error: "invalid_client" } }, "unreachable", "invalid_client"],
    ["GitHub's unknown client", { body: { error: "incorrect_client_credentials" } }, "unreachable", "incorrect_client"],
    ["the wrong place", { status: 404, body: "not here" }, "unreachable", "404"],
    ["a server error", { status: 502, body: "<html>" }, "unreachable", "502"],
    ["a redirect", { status: 302, headers: { Location: "/elsewhere" } }, "unreachable", "302"],
    ["too many requests", { status: 429 }, "unreachable", "429"],
    ["a page", { body: "<html>at-3</html>" }, "untrusted", "without a usable access token"],
    ["broken JSON", { body: '{"access_token":"at-3' }, "untrusted", "without a usable access token"],
    ["no access token", { body: { scope: "read" } }, "untrusted", "without a usable access token"],
    ["a token that is no text", { body: { access_token: 7 } }, "untrusted", "without a usable access token"],
    ["a token with a header in it", { body: { access_token: "at-3\r\nX-Evil: 1" } }, "untrusted", "without a usable"],
    ["more than a megabyte", { body: "x".repeat(1_100_000) }, "unreachable", "longer than"],
  ])("lets nobody in when the token endpoint answers with %s", async (_name, answer, reason, words) => {
    const { redeem, vendor } = await make({ "POST /token": answer });
    const error = await failureOf(redeem());
    expect(error.reason).toBe(reason as "denied");
    expect(reasonOf(error)).toContain(words);
    expect(vendor.asked()).toEqual([]);
  });

  test("waits for an upstream that is down", async () => {
    const { redeem, vendor } = await make();
    await vendor.stop();
    expect(await failureOf(redeem())).toMatchObject({ reason: "unreachable", status: 503, retryAfterSeconds: 10 });
  });
});

describe("the vendor's interface", () => {
  test.each<[string, FakeAnswer, string, number | undefined]>([
    ["401 (a revoked token)", { status: 401, body: { message: "Bad credentials" } }, "denied", undefined],
    ["403", { status: 403, body: {} }, "denied", undefined],
    ["403 with Retry-After", { status: 403, headers: { "Retry-After": "30" } }, "unreachable", 30],
    ["403 of a spent limit", { status: 403, headers: { "X-RateLimit-Remaining": "0" } }, "unreachable", 10],
    ["429 with Retry-After", { status: 429, headers: { "Retry-After": "99999" } }, "unreachable", 3600],
    [
      "429 with a date",
      { status: 429, headers: { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" } },
      "unreachable",
      10,
    ],
    ["500", { status: 500, body: {} }, "unreachable", 10],
    ["404", { status: 404, body: {} }, "untrusted", undefined],
    ["204", { status: 204 }, "untrusted", undefined],
    ["a page", { body: "<html></html>" }, "untrusted", undefined],
    ["JSON that ends early", { body: '{"account":{"email":"sammy@ex' }, "untrusted", undefined],
  ])("lets nobody in with %s", async (_name, answer, reason, retryAfterSeconds) => {
    const { redeem } = await make({ "GET /v2/account": answer });
    expect(await failureOf(redeem())).toMatchObject({ reason, retryAfterSeconds });
  });

  test("may move within its own origin", async () => {
    const { redeem, vendor } = await make({
      "GET /v2/account": { status: 301, headers: { Location: "/v3/account" } },
      "GET /v3/account": { body: { account: { email: "sammy@example.com" } } },
    });
    expect((await redeem()).identity.email).toBe("sammy@example.com");
    expect(vendor.asked().at(-1)).toBe("GET /v3/account Bearer at-1");
  });

  test("cannot send the token to another origin, or around forever", async () => {
    const other = await startFakeVendor();
    open.push(other);
    const away = await make({ "GET /v2/account": { status: 302, headers: { Location: `${other.url}/v2/account` } } });
    expect((await failureOf(away.redeem())).reason).toBe("unreachable");
    expect(other.requests).toEqual([]);
    const around = await make({ "GET /v2/account": { status: 302, headers: { Location: "/v2/account" } } });
    expect((await failureOf(around.redeem())).reason).toBe("unreachable");
    expect(around.vendor.asked()).toHaveLength(6);
  });
});

describe("the validation of a session", () => {
  test("is a request with the access token, and holds when it is answered with 200", async () => {
    const { validate, vendor } = await make();
    expect(await validate()).toBe(true);
    expect(vendor.asked()).toEqual(["GET /v2/account Bearer at-1"]);
  });

  test.each([401, 403, 404, 204])("fails when it is answered with %d", async (status) => {
    const { validate } = await make({ "GET /v2/account": { status } });
    expect(await validate()).toBe(false);
  });

  test.each<[string, FakeAnswer]>([
    ["a server error", { status: 503 }],
    ["a rate limit", { status: 403, headers: { "x-ratelimit-remaining": "0" } }],
  ])("knows nothing after %s", async (_name, answer) => {
    const { validate } = await make({ "GET /v2/account": answer });
    expect((await failureOf(validate())).reason).toBe("unreachable");
  });

  test("fails without a token, and asks nobody", async () => {
    const { validate, vendor } = await make();
    expect(await validate("")).toBe(false);
    expect(vendor.requests).toEqual([]);
  });
});

describe("the configuration", () => {
  test("says what is missing", async () => {
    const { connector } = await make({}, () => ({
      type: "nextcloud",
      endpoints: { authorization: "", token: "", profile: "", validate: "" },
    }));
    expect(connector.status()).toEqual({
      reachable: false,
      reason: "the authorization endpoint is not configured: set its URL (--login-url)",
    });
    expect((await failureOf(connector.authorizationUrl(TRANSACTION))).reason).toBe("unreachable");
  });

  test("names a URL that is none", async () => {
    const { connector } = await make({}, () => ({
      endpoints: { authorization: "login.example.com", token: "", profile: "", validate: "" },
    }));
    expect(reasonOf(await failureOf(connector.authorizationUrl(TRANSACTION)))).toContain("--login-url");
  });

  test("chooses whose certificates are believed", async () => {
    const trust = { authorities: ["PEM"], useSystemTrustStore: false, insecureSkipVerify: false };
    const asked: unknown[] = [];
    const { redeem } = await make({}, () => ({ trust }), {
      fetch: () => Promise.reject(new Error("the system's certificates")),
      fetchWith: (given) => {
        asked.push(given);
        return fetch;
      },
    });
    expect((await redeem()).identity.email).toBe("sammy@example.com");
    expect(asked).toEqual([trust]);
  });

  test("offers no renewal: these vendors have none", async () => {
    const { connector } = await make();
    expect(connector.refresh).toBeUndefined();
    expect(connector.canRefresh).toBeUndefined();
    expect(connector.status()).toEqual({ reachable: true });
  });
});
