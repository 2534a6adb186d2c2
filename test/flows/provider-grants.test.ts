import { afterEach, describe, expect, test } from "bun:test";

import { ConnectorError } from "../../src/connector/connector-error.ts";
import type { Connector, PasswordConnector, SubjectToken } from "../../src/connector/connector.ts";
import { createLocalConnector } from "../../src/connector/local/local-connector.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { send } from "../support/device.ts";
import {
  CLIENT,
  KILGORE,
  type JsonAnswer,
  type ProviderServerOptions,
  redirectConnector,
  startProvider,
} from "../support/provider-server.ts";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:";
const APP = { authorization: `Basic ${btoa("app:app-secret")}` };

const CLIENTS = [
  { ...CLIENT, id: "other", secret: "other-secret", trustedPeers: ["app"] },
  { ...CLIENT, id: "closed", secret: "closed-secret", allowedConnectors: ["corp"] },
  { ...CLIENT, id: "svc", secret: "svc-secret", name: "Service" },
  { ...CLIENT, id: "pub", secret: "", public: true, redirectUris: [] },
  { ...CLIENT, id: "open", secret: "" },
];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

type Form = Readonly<Record<string, string>>;

function start(options: Partial<ProviderServerOptions>): string {
  const server = startProvider({ store: createMemoryStore(), clients: CLIENTS, ...options });
  cleanups.push(server.stop);
  return server.issuer;
}

function claimsOf(token: unknown): Record<string, unknown> {
  const {
    iat,
    exp,
    jti,
    at_hash: hash,
    iss,
    ...rest
  } = JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString());
  expect({ lasts: exp - iat, jti, hash: hash ?? "x".repeat(22), iss }).toMatchObject({
    lasts: 86_400,
    jti: expect.any(String),
    hash: expect.stringMatching(/^[\w-]{22}$/),
    iss: expect.stringMatching(/\/dex$/),
  });
  return rest;
}

const tokenOf = async (issuer: string, form: Form, headers: Form = APP) => send(`${issuer}/token`, form, headers);

/** Status, error and description. */
type Refusal = readonly [number, string, string | undefined];
const WRONG: Refusal = [401, "access_denied", "Invalid username or password"];
const NO_CONNECTOR: Refusal = [400, "invalid_request", "Requested connector does not exist."];

function refusalOf({ status, body }: JsonAnswer): readonly unknown[] {
  return [status, body["error"], body["error_description"]];
}

describe("a user name and a password", () => {
  const settings = { grantTypes: ["password", "refresh_token"], passwordConnector: "local" };
  const connector = (): PasswordConnector =>
    createLocalConnector(
      {
        clock: () => Date.now() / 1000,
        log: createLog({ format: "json", level: "error", write: () => undefined }),
      },
      {
        type: "local",
        id: "local",
        name: "Email",
        prompt: "Email Address",
        users: [
          {
            email: "admin@example.com",
            passwordHash: "$2y$04$abcdefghijklmnopqrstuughE8Ev8uGFaUgY2cNEySvxngrb/Jzdm",
            userId: "08a8684b",
            name: "admin",
            preferredUsername: "",
            emailVerified: true,
            groups: ["staff"],
          },
        ],
      },
    );
  const form = {
    grant_type: "password",
    username: "ADMIN@example.com",
    password: "password",
    scope: "openid email groups",
  };
  const begin = () => start({ settings, connector: connector() });

  test("become tokens", async () => {
    const { status, body } = await tokenOf(begin(), { ...form, nonce: "n-1" });
    expect([status, Object.keys(body)]).toEqual([200, ["access_token", "token_type", "expires_in", "id_token"]]);
    const { sub, ...claims } = claimsOf(body["id_token"]);
    expect(claims).toEqual({
      aud: "app",
      nonce: "n-1",
      email: "admin@example.com",
      email_verified: true,
      groups: ["staff"],
    });
    expect(Buffer.from(String(sub), "base64url").toString()).toContain("08a8684b");
  });

  test("become a refresh token where the connector can renew", async () => {
    const { refresh: _renewal, ...lasting } = connector();
    const wanted = { ...form, scope: "openid offline_access" };
    const issuer = start({ settings, connector: { ...lasting, refresh: async () => KILGORE } });
    const { body } = await tokenOf(issuer, wanted);
    const refreshToken = String(body["refresh_token"]);
    expect((await tokenOf(issuer, { grant_type: "refresh_token", refresh_token: refreshToken })).status).toBe(200);
    const once = await tokenOf(start({ settings, connector: lasting }), wanted);
    expect([once.status, "refresh_token" in once.body]).toEqual([200, false]);
  });

  test("become tokens for a public client, and for a peer that trusts", async () => {
    const issuer = begin();
    expect((await tokenOf(issuer, { ...form, client_id: "pub" }, {})).status).toBe(200);
    const { body } = await tokenOf(issuer, { ...form, scope: "openid audience:server:client_id:other" });
    expect(claimsOf(body["id_token"])).toMatchObject({ aud: ["other", "app"], azp: "app" });
  });

  test.each<readonly [string, Form, Refusal]>([
    ["a wrong password", { password: "x" }, WRONG],
    ["an unknown user", { username: "nobody" }, WRONG],
    ["nothing typed", { username: "", password: "" }, WRONG],
    ["no scope", { scope: "" }, [400, "invalid_request", 'Missing required scope(s) ["openid"].']],
    ["no openid", { scope: "made-up" }, [400, "invalid_request", 'Missing required scope(s) ["openid"].']],
    ["unknown scopes", { scope: "openid a b" }, [400, "invalid_request", 'Unrecognized scope(s) ["a" "b"]']],
    [
      "a scope of our own",
      { scope: "openid gatehouse:e30" },
      [400, "invalid_request", 'Unrecognized scope(s) ["gatehouse:e30"]'],
    ],
    [
      "a peer that does not trust",
      { scope: "openid audience:server:client_id:svc" },
      [400, "invalid_request", 'Client can\'t request scope(s) ["audience:server:client_id:svc"]'],
    ],
  ])("are refused: %s", async (_why, change, refusal) => {
    expect(refusalOf(await tokenOf(begin(), { ...form, ...change }))).toEqual(refusal);
  });

  test("are refused for a client that may not use the connector", async () => {
    const closed = { authorization: `Basic ${btoa("closed:closed-secret")}` };
    expect((await tokenOf(begin(), form, closed)).body).toEqual({
      error: "invalid_grant",
      error_description: "Connector not allowed for this client.",
    });
  });

  test("are refused where the connector has no passwords, is not there, or does not answer", async () => {
    const refusal = async (one: Connector, id = "local") =>
      (await tokenOf(start({ settings: { ...settings, passwordConnector: id }, connector: one }), form)).body[
        "error_description"
      ];
    expect(await refusal(redirectConnector(), "mock")).toBe("Requested password connector does not correct type.");
    expect(await refusal(redirectConnector())).toBe("Requested connector does not exist.");
    const down = {
      ...connector(),
      login: () => Promise.reject(new ConnectorError("unreachable", "Down.")),
    } as Connector;
    expect(await refusal(down)).toBe("Could not login user");
  });

  test("cannot be guessed for long", async () => {
    const issuer = begin();
    for (let round = 0; round < 5; round += 1) await tokenOf(issuer, { ...form, password: "x" });
    const throttled = await tokenOf(issuer, form);
    expect([throttled.status, throttled.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(throttled.body["access_token"]).toBeUndefined();
  });

  test("are not taken where the grant is not served", async () => {
    const issuer = start({ connector: connector() });
    expect((await tokenOf(issuer, form)).body).toEqual({ error: "unsupported_grant_type" });
  });
});

describe("a client for itself", () => {
  const service = { ...CLIENT, id: "svc", secret: new Secret("svc-secret"), groups: ["robots", "deployers"] };
  const begin = () => start({ settings: { grantTypes: ["client_credentials"], clients: [service] } });
  const form = { grant_type: "client_credentials", scope: "openid email profile groups" };
  const SVC = { authorization: `Basic ${btoa("svc:svc-secret")}` };

  test("gets tokens about itself", async () => {
    const { body } = await tokenOf(begin(), form, SVC);
    expect(claimsOf(body["id_token"])).toEqual({
      sub: "CgNzdmM",
      aud: "svc",
      email_verified: false,
      groups: ["robots", "deployers"],
      name: "Service",
      preferred_username: "Service",
    });
  });

  test("gets no ID token without openid, and nothing told without scopes", async () => {
    const { body } = await tokenOf(begin(), { ...form, scope: "" }, SVC);
    expect(Object.keys(body)).toEqual(["access_token", "token_type", "expires_in"]);
    expect(claimsOf(body["access_token"])).toEqual({ sub: "CgNzdmM", aud: "svc" });
  });

  const NOT_SUPPORTED = "client_credentials grant does not support";
  test.each<readonly [string, string, string]>([
    ["openid offline_access", "invalid_scope", `${NOT_SUPPORTED} offline_access scope.`],
    ["federated:id made-up", "invalid_scope", `${NOT_SUPPORTED} federated:id scope.`],
    ["made-up", "invalid_scope", 'Unrecognized scope(s) ["made-up"]'],
    [
      "audience:server:client_id:closed",
      "invalid_scope",
      'Client can\'t request scope(s) ["audience:server:client_id:closed"]',
    ],
  ])("is refused %s", async (scope, error, description) => {
    const answer = await tokenOf(begin(), { ...form, scope });
    expect([answer.status, answer.body]).toEqual([400, { error, error_description: description }]);
  });

  test("is refused where everybody could be it", async () => {
    const issuer = begin();
    const pub = await tokenOf(issuer, { ...form, client_id: "pub" }, {});
    expect(pub.body).toEqual({
      error: "unauthorized_client",
      error_description: "Public clients cannot use client_credentials grant.",
    });
    for (const headers of [{}, { authorization: `Basic ${btoa("open:")}` }]) {
      const open = await tokenOf(issuer, { ...form, client_id: "open", client_secret: "" }, headers);
      expect([open.status, open.body["error"]]).toEqual([401, "invalid_client"]);
    }
  });
});

describe("a token of an upstream's", () => {
  const asked: unknown[] = [];
  /** An upstream whose every token but `bad` is Kilgore's. */
  const exchangeToken = async (subject: SubjectToken, wants: unknown) => {
    asked.push({ ...subject, wants });
    if (subject.token === "bad") throw new ConnectorError("untrusted", "The token does not verify.");
    if (subject.token === "down") throw new ConnectorError("unreachable", "Nobody answers.");
    return KILGORE;
  };
  const begin = (connector: Connector = { ...redirectConnector(), exchangeToken }) =>
    start({ settings: { grantTypes: [EXCHANGE] }, connector });
  const form = {
    grant_type: EXCHANGE,
    connector_id: "mock",
    subject_token: "good",
    subject_token_type: `${TOKEN_TYPE}id_token`,
    scope: "openid email",
  };

  test("becomes an access token", async () => {
    asked.length = 0;
    const { status, body } = await tokenOf(begin(), form);
    expect([status, Object.keys(body)]).toEqual([
      200,
      ["access_token", "issued_token_type", "token_type", "expires_in"],
    ]);
    expect(body["issued_token_type"]).toBe(`${TOKEN_TYPE}access_token`);
    expect(claimsOf(body["access_token"])).toEqual({
      sub: "Cg0wLTM4NS0yODA4OS0wEgRtb2Nr",
      aud: "app",
      email: "kilgore@kilgore.trout",
      email_verified: true,
    });
    expect(asked).toEqual([{ kind: "id_token", token: "good", wants: { groups: false, offlineAccess: false } }]);
  });

  test("becomes an ID token, without a hash of what is not there", async () => {
    const wanted = `${TOKEN_TYPE}id_token`;
    const { body } = await tokenOf(begin(), { ...form, requested_token_type: wanted, scope: "groups" });
    expect(body["issued_token_type"]).toBe(wanted);
    const payload = String(body["access_token"]).split(".")[1] ?? "";
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).not.toHaveProperty("at_hash");
    expect(claimsOf(body["access_token"])).toMatchObject({ groups: ["authors"] });
  });

  test("is as good for scopes that say nothing, and never for those of our own", async () => {
    const claims = Buffer.from(JSON.stringify({ claims: { idToken: ["email"], userinfo: ["email"] } })).toString(
      "base64url",
    );
    const { body } = await tokenOf(begin(), { ...form, scope: `openid made-up gatehouse:${claims}` });
    expect(claimsOf(body["access_token"])).toEqual({ sub: "Cg0wLTM4NS0yODA4OS0wEgRtb2Nr", aud: "app" });
  });

  test.each<readonly [string, Form, Refusal]>([
    ["an unknown connector", { connector_id: "nope" }, NO_CONNECTOR],
    ["no connector", { connector_id: "" }, NO_CONNECTOR],
    ["no type", { subject_token_type: "" }, [400, "request_not_supported", "Invalid subject_token_type."]],
    [
      "a refresh token",
      { subject_token_type: `${TOKEN_TYPE}refresh_token` },
      [400, "request_not_supported", "Invalid subject_token_type."],
    ],
    ["no token", { subject_token: "" }, [400, "invalid_request", "Missing subject_token"]],
    ["a bad token", { subject_token: "bad" }, [401, "access_denied", undefined]],
    ["nobody to ask", { subject_token: "down" }, [503, "temporarily_unavailable", "Nobody answers."]],
    [
      "a wish for a refresh token",
      { requested_token_type: `${TOKEN_TYPE}refresh_token` },
      [400, "request_not_supported", "Invalid requested_token_type."],
    ],
    ["a peer that does not trust", { scope: "audience:server:client_id:svc" }, [500, "server_error", undefined]],
  ])("is refused: %s", async (_why, change, refusal) => {
    expect(refusalOf(await tokenOf(begin(), { ...form, ...change }))).toEqual(refusal);
  });

  test("is refused by a connector that cannot, and for a client that may not use it", async () => {
    expect((await tokenOf(begin(redirectConnector()), form)).body["error"]).toBe("invalid_request");
    const closed = { authorization: `Basic ${btoa("closed:closed-secret")}` };
    expect((await tokenOf(begin(), form, closed)).body["error"]).toBe("invalid_grant");
    expect((await tokenOf(begin(), form, { authorization: `Basic ${btoa("app:x")}` })).status).toBe(401);
  });
});

describe("the token endpoint", () => {
  test.each([
    ["broken percent-encoding in the body", "", "grant_type=%zz"],
    ["a semicolon in the body", "", "grant_type=refresh_token;x=1"],
    ["broken percent-encoding in the query", "?%zz", "grant_type=refresh_token"],
  ])("refuses %s", async (_what, query, body) => {
    const headers = { ...APP, "content-type": "application/x-www-form-urlencoded" };
    const answer = await fetch(`${start({})}/token${query}`, { method: "POST", headers, body });
    expect([answer.status, await answer.json()]).toEqual([400, { error: "invalid_request" }]);
  });

  test.each(["", "made-up", "AUTHORIZATION_CODE", "constructor", "implicit"])("knows no grant %p", async (grant) => {
    const settings = { grantTypes: ["authorization_code", "implicit"] };
    const answer = await tokenOf(start({ settings }), { grant_type: grant });
    expect([answer.status, answer.body]).toEqual([400, { error: "unsupported_grant_type" }]);
  });
});
