import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { decodeJwt, decodeProtectedHeader, exportJWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CLIENT_SECRET,
  type FakeAnswer,
  type FakeVendor,
  failureOf,
  listeningLog,
  reasonOf,
  startFakeVendor,
  TRANSACTION,
  vendorDeps,
} from "../../../test/support/fake-vendor.ts";
import type { GoogleConnectorConfiguration } from "../../config/connector-configuration.ts";
import { Secret } from "../../protocol/secret.ts";
import type { Login } from "../../protocol/identity.ts";
import type { RedirectConnector } from "../connector.ts";
import { NotAdmittedError } from "../connector-error.ts";
import { importRsaKey } from "../oauth2/rsa-key.ts";
import { createGoogleConnector } from "./google-connector.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const rsa = (): KeyObject => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const [google, foreign, account] = [rsa(), rsa(), rsa()];
const pemOf = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" });
let certs: FakeAnswer;
beforeAll(async () => {
  certs = { body: { keys: [{ ...(await exportJWK(createPublicKey(google))), kid: "g1", alg: "RS256", use: "sig" }] } };
});

/** Every host of Google's is a folder of the fake. */
const TOKEN = "POST /www.googleapis.com/oauth2/v3/token";
const GRANT = "POST /oauth2.googleapis.com/token";
const DIRECTORY = "/admin.googleapis.com/admin/directory/v1";

interface Bend {
  readonly configuration?: Partial<GoogleConnectorConfiguration>;
  readonly routes?: FakeVendor["routes"];
  readonly claims?: JWTPayload;
  readonly key?: KeyObject;
  readonly idToken?: (claims: JWTPayload) => string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** Use the fake's own address for the configured endpoints, as a mirror or a test bench does. */
  readonly elsewhere?: boolean;
}

interface Made {
  readonly vendor: FakeVendor;
  readonly connector: RedirectConnector;
  readonly lines: readonly string[];
  readonly redeem: () => Promise<Login>;
  readonly refresh: (login: Login) => Promise<Login>;
  /** What was asked of the Admin SDK, with its token. */
  readonly directoryRequests: () => readonly string[];
  /** Wait so many seconds. */
  readonly wait: (seconds: number) => void;
}

async function make(bend: Bend = {}): Promise<Made> {
  let now = Date.now() / 1000;
  const vendor = await startFakeVendor({
    [TOKEN]: (request) => tokenReply(request.body, bend, "https://accounts.google.com", now),
    "POST /token": (request) => tokenReply(request.body, bend, vendor.url, now),
    "GET /www.googleapis.com/oauth2/v3/certs": certs,
    "GET /jwks": certs,
    [GRANT]: { body: { access_token: "at-admin", expires_in: 3599, token_type: "Bearer" } },
    ...bend.routes,
  });
  open.push(vendor.stop);
  const { log, lines } = listeningLog();
  const toFake = (url: string, init?: RequestInit): Promise<Response> =>
    fetch(url.startsWith(vendor.url) ? url : `${vendor.url}/${url.replace(/^https?:\/\//, "")}`, init);
  const endpoints =
    bend.elsewhere === true
      ? {
          authorization: `${vendor.url}/authorize`,
          token: `${vendor.url}/token`,
          profile: "",
          validate: `${vendor.url}/validate`,
        }
      : { authorization: "", token: "", profile: "", validate: "" };
  const connector = await createGoogleConnector(
    vendorDeps({ fetch: toFake, log, clock: () => now }),
    {
      type: "google",
      id: "google",
      name: "Google",
      clientId: "gatehouse",
      clientSecret: new Secret(CLIENT_SECRET),
      scopes: ["profile", "email"],
      endpoints,
      groups: [],
      adminEmail: "",
      serviceAccountFile: "",
      useApplicationDefaultCredentials: false,
      targetPrincipal: "",
      useOrganizationId: false,
      adminApiUserScope: "",
      ...bend.configuration,
    },
    bend.environment ?? {},
  );
  const refresh = connector.refresh ?? (() => Promise.reject(new Error("cannot refresh")));
  return {
    vendor,
    connector,
    lines,
    redeem: () => connector.redeem(new URLSearchParams({ code: "the-code" }), TRANSACTION),
    refresh,
    directoryRequests: () =>
      vendor
        .asked()
        .filter((request) => request.includes(DIRECTORY))
        .map((request) => request.replace(DIRECTORY, "")),
    wait: (seconds) => void (now += seconds),
  };
}

async function tokenReply(body: string, bend: Bend, issuer: string, now: number): Promise<FakeAnswer> {
  const isRefresh = new URLSearchParams(body).get("grant_type") === "refresh_token";
  const claims: JWTPayload = {
    iss: issuer,
    aud: "gatehouse",
    azp: "gatehouse",
    sub: "10769150350006150715113082367",
    email: "alice@example.com",
    email_verified: true,
    iat: Math.floor(now),
    exp: Math.floor(now) + 3599,
    ...bend.claims,
  };
  const signed = async (): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: "g1" })
      .sign(await importRsaKey(pemOf(bend.key ?? google)));
  return {
    body: {
      access_token: isRefresh ? "at-2" : "at-1",
      expires_in: 3599,
      id_token: bend.idToken === undefined ? await signed() : bend.idToken(claims),
      ...(!isRefresh && { refresh_token: "rt-1" }),
    },
  };
}

describe("a Google account", () => {
  test("is asked for with a refresh token", async () => {
    const { connector } = await make();
    const url = await connector.authorizationUrl(TRANSACTION);
    expect(`${url.origin}${url.pathname}`).toBe("https://accounts.google.com/o/oauth2/auth");
    expect(url.searchParams.get("access_type")).toBe("offline");
    expect(url.searchParams.has("nonce")).toBe(false);
  });

  test("is what a verified ID token says", async () => {
    const { redeem, vendor } = await make();
    const login = await redeem();
    expect(login.identity).toEqual({
      userId: "10769150350006150715113082367",
      username: "10769150350006150715113082367",
      preferredUsername: "",
      email: "alice@example.com",
      emailVerified: true,
      groups: [],
    });
    expect(login.tokens).toMatchObject({
      accessToken: "at-1",
      refreshToken: "rt-1",
      idToken: expect.stringMatching(/^eyJ/),
    });
    expect(login.tokens.expiresAt).toBeGreaterThan(Date.now() / 1000 + 3500);
    expect(vendor.asked()).toEqual([`${TOKEN} none`, "GET /www.googleapis.com/oauth2/v3/certs none"]);
  });

  test("may come from Google's older issuer", async () => {
    const { redeem } = await make({ claims: { iss: "accounts.google.com" } });
    expect((await redeem()).identity.email).toBe("alice@example.com");
  });

  test.each<[string, Bend]>([
    ["another audience", { claims: { aud: "other" } }],
    ["another issuer", { claims: { iss: "https://evil.test" } }],
    ["an end in the past", { claims: { exp: 1 } }],
    ["a key that is not Google's", { key: foreign }],
    ["no signature", { idToken: (claims) => new UnsecuredJWT(claims).encode() }],
    ["no shape", { idToken: () => "nothing" }],
    ["no ID token", { idToken: () => undefined }],
  ])("is nobody with %s", async (_name, bend) => {
    const { redeem } = await make(bend);
    expect((await failureOf(redeem())).reason).toBe("untrusted");
  });

  test.each<[string, JWTPayload]>([
    ["an unverified address", { email_verified: false }],
    ["an address that is verified in words", { email_verified: "true" }],
    ["an address that nobody vouches for", { email_verified: undefined }],
    ["no address", { email: undefined }],
  ])("is refused with %s", async (_name, claims) => {
    const { redeem } = await make({ claims });
    expect((await failureOf(redeem())).reason).toBe("denied");
  });

  test("is asked about with its token in the query", async () => {
    const { connector, vendor } = await make({
      routes: { "GET /www.googleapis.com/oauth2/v1/tokeninfo": { body: {} } },
    });
    const identity = { userId: "1", username: "", preferredUsername: "", email: "", emailVerified: true, groups: [] };
    expect(await connector.validate?.({ identity, tokens: { accessToken: "at-1" } })).toBe(true);
    expect(vendor.asked()).toEqual(["GET /www.googleapis.com/oauth2/v1/tokeninfo?access_token=at-1 none"]);
  });
});

describe("a token endpoint elsewhere", () => {
  const discovery = (issuer: (vendor: string) => string): FakeVendor["routes"] => {
    const answer = (request: { readonly headers: Headers }): FakeAnswer => {
      const url = `http://${request.headers.get("host")}`;
      return { body: { issuer: issuer(url), jwks_uri: `${url}/jwks` } };
    };
    return { "GET /.well-known/openid-configuration": answer };
  };

  test("may be an issuer, which publishes its keys", async () => {
    const { redeem } = await make({ elsewhere: true, routes: discovery((url) => url) });
    expect((await redeem()).identity.email).toBe("alice@example.com");
  });

  test("may pass on Google's own tokens", async () => {
    const { redeem, vendor } = await make({ elsewhere: true, claims: { iss: "https://accounts.google.com" } });
    expect((await redeem()).identity.email).toBe("alice@example.com");
    expect(vendor.asked()).toEqual(["GET /www.googleapis.com/oauth2/v3/certs none"]);
  });

  test.each<[string, Bend]>([
    ["a key of its own choice", { key: foreign, routes: discovery((url) => url) }],
    ["another issuer's discovery document", { routes: discovery(() => "https://evil.test") }],
    ["the tokens of a third", { claims: { iss: "https://evil.test" }, routes: discovery((url) => url) }],
    ["no discovery document", {}],
  ])("is not believed with %s", async (_name, bend) => {
    const { redeem } = await make({ elsewhere: true, ...bend });
    expect((await failureOf(redeem())).reason).toBe("untrusted");
  });
});

async function serviceAccountFile(changed: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "google-"));
  open.push(() => rm(folder, { recursive: true }));
  const file = join(folder, "key.json");
  const document = {
    type: "service_account",
    private_key_id: "k1",
    private_key: pemOf(account),
    client_email: "proxy@project.iam.gserviceaccount.com",
    token_uri: "https://oauth2.googleapis.com/token",
    ...changed,
  };
  await writeFile(file, JSON.stringify(document));
  return file;
}

const HAS_MEMBER = (group: string): string =>
  `GET ${DIRECTORY}/groups/${encodeURIComponent(group)}/hasMember/alice%40example.com`;
const MEMBER = (group: string): string =>
  `GET ${DIRECTORY}/groups/${encodeURIComponent(group)}/members/alice%40example.com`;
const yes = { body: { isMember: true } };
const no = { body: { isMember: false } };
const notFound = { status: 404, body: { error: { code: 404, errors: [{ reason: "notFound" }] } } };
const invalid = { status: 400, body: { error: { code: 400, message: "Invalid Input: memberKey" } } };

async function workspace(
  groups: readonly string[],
  routes: FakeVendor["routes"],
  configuration: Partial<GoogleConnectorConfiguration> = {},
): Promise<Made> {
  const serviceAccount = { groups, adminEmail: "admin@example.com", serviceAccountFile: await serviceAccountFile() };
  return make({ routes, configuration: { ...serviceAccount, ...configuration } });
}

describe("the groups of a workspace", () => {
  test("are those of the configured ones that somebody is in", async () => {
    const routes = {
      [HAS_MEMBER("a@example.com")]: yes,
      [HAS_MEMBER("b@example.com")]: no,
      [HAS_MEMBER("c@example.com")]: yes,
    };
    const { redeem, directoryRequests } = await workspace(["a@example.com", "b@example.com", "c@example.com"], routes);
    expect((await redeem()).identity.groups).toEqual(["a@example.com", "c@example.com"]);
    expect(directoryRequests()).toEqual([
      "GET /groups/a%40example.com/hasMember/alice%40example.com Bearer at-admin",
      "GET /groups/b%40example.com/hasMember/alice%40example.com Bearer at-admin",
      "GET /groups/c%40example.com/hasMember/alice%40example.com Bearer at-admin",
    ]);
  });

  test("are asked for as the administrator, signed by the service account", async () => {
    const { redeem, vendor } = await workspace(["a@example.com"], { [HAS_MEMBER("a@example.com")]: yes });
    await redeem();
    const grant = vendor.requests.find(({ target }) => target === "/oauth2.googleapis.com/token");
    const form = new URLSearchParams(grant?.body);
    expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
    const assertion = form.get("assertion") ?? "";
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: "RS256", typ: "JWT", kid: "k1" });
    const { iat = 0, exp = 0, ...claims } = decodeJwt(assertion);
    expect(exp - iat).toBe(3600);
    expect(claims).toEqual({
      iss: "proxy@project.iam.gserviceaccount.com",
      sub: "admin@example.com",
      aud: "https://oauth2.googleapis.com/token",
      scope: "https://www.googleapis.com/auth/admin.directory.group.member.readonly",
    });
  });

  test("are asked for with one token until it ends", async () => {
    const { redeem, vendor, wait } = await workspace(["a@example.com"], { [HAS_MEMBER("a@example.com")]: yes });
    const grants = (): number =>
      vendor.requests.filter(({ target }) => target === "/oauth2.googleapis.com/token").length;
    await Promise.all([redeem(), redeem()]);
    await redeem();
    expect(grants()).toBe(1);
    wait(3600);
    await redeem();
    expect(grants()).toBe(2);
  });

  test("are asked for with the first scope that the account may have", async () => {
    const scopes: unknown[] = [];
    const { redeem } = await workspace(["a@example.com"], {
      [HAS_MEMBER("a@example.com")]: yes,
      [GRANT]: ({ body }) => {
        const { scope } = decodeJwt(new URLSearchParams(body).get("assertion") ?? "");
        scopes.push(scope);
        if (scopes.length < 3) return { status: 401, body: { error: "unauthorized_client" } };
        return { body: { access_token: "at-admin", expires_in: 3599 } };
      },
    });
    expect((await redeem()).identity.groups).toEqual(["a@example.com"]);
    expect(scopes.map((scope) => String(scope).replace(/.*directory\./, ""))).toEqual([
      "group.member.readonly",
      "group.readonly",
      "group.member",
    ]);
  });

  test.each<[string, FakeVendor["routes"]]>([
    ["no scope at all", { [GRANT]: { status: 401, body: { error: "unauthorized_client" } } }],
    ["a signature that Google does not take", { [GRANT]: { status: 400, body: { error: "invalid_grant" } } }],
    [
      "a limit",
      { [HAS_MEMBER("a@example.com")]: { status: 403, body: { error: { errors: [{ reason: "quotaExceeded" }] } } } },
    ],
    ["too many requests", { [HAS_MEMBER("a@example.com")]: { status: 429 } }],
    ["a server error", { [HAS_MEMBER("a@example.com")]: { status: 503, body: {} } }],
  ])("are not known with %s: come again", async (_name, routes) => {
    const { redeem } = await workspace(["a@example.com"], routes);
    expect((await failureOf(redeem())).reason).toBe("unreachable");
  });

  test.each<[string, FakeVendor["routes"]]>([
    ["is in none of them", { [HAS_MEMBER("a@example.com")]: no }],
    ["is in a group that does not exist", { [HAS_MEMBER("a@example.com")]: notFound }],
    [
      "cannot be asked about",
      { [HAS_MEMBER("a@example.com")]: { status: 403, body: { error: { errors: [{ reason: "forbidden" }] } } } },
    ],
    [
      "is of another domain and no member",
      { [HAS_MEMBER("a@example.com")]: invalid, [MEMBER("a@example.com")]: notFound },
    ],
    [
      "is of another domain and suspended",
      { [HAS_MEMBER("a@example.com")]: invalid, [MEMBER("a@example.com")]: { body: { status: "SUSPENDED" } } },
    ],
    ["is a member in words only", { [HAS_MEMBER("a@example.com")]: { body: { isMember: "true" } } }],
  ])("keep out who %s", async (_name, routes) => {
    const { redeem } = await workspace(["a@example.com"], routes);
    expect(await failureOf(redeem())).toBeInstanceOf(NotAdmittedError);
  });

  test("may have active members of other domains", async () => {
    const { redeem } = await workspace(["a@example.com"], {
      [HAS_MEMBER("a@example.com")]: invalid,
      [MEMBER("a@example.com")]: { body: { kind: "admin#directory#member", role: "MEMBER", status: "ACTIVE" } },
    });
    expect((await redeem()).identity.groups).toEqual(["a@example.com"]);
  });

  test("are all of somebody's where none is configured, page by page", async () => {
    const first = `GET ${DIRECTORY}/groups?userKey=alice%40example.com&maxResults=200`;
    const { redeem } = await workspace([], {
      [first]: { body: { groups: [{ email: "a@example.com" }, { name: "no address" }], nextPageToken: "p2" } },
      [`${first}&pageToken=p2`]: { body: { groups: [{ email: "b@example.com" }] } },
    });
    expect((await redeem()).identity.groups).toEqual(["a@example.com", "b@example.com"]);
  });

  test("are none where Google refuses to list them, which is logged", async () => {
    const { redeem, lines } = await workspace([], { [`GET ${DIRECTORY}/groups`]: { status: 403, body: {} } });
    expect((await redeem()).identity.groups).toEqual([]);
    expect(lines).toEqual(['groups were not told {"status":403}']);
  });

  test("are not listed forever", async () => {
    const { redeem, directoryRequests } = await workspace([], {
      [`GET ${DIRECTORY}/groups`]: { body: { groups: [{ email: "a@example.com" }], nextPageToken: "again" } },
    });
    expect((await failureOf(redeem())).reason).toBe("untrusted");
    expect(directoryRequests()).toHaveLength(100);
  });

  test("cannot be talked out of their path by an address", async () => {
    const { redeem, directoryRequests } = await make({
      claims: { email: "../../x?y@example.com" },
      configuration: { groups: ["a/b"], serviceAccountFile: await serviceAccountFile() },
    });
    await failureOf(redeem());
    expect(directoryRequests()).toEqual(["GET /groups/a%2Fb/hasMember/..%2F..%2Fx%3Fy%40example.com Bearer at-admin"]);
  });
});

describe("the organisation's id of somebody", () => {
  const USER = `GET ${DIRECTORY}/users/alice%40example.com`;
  const ids = {
    body: {
      externalIds: [
        { type: "custom", value: "x" },
        { type: "organization", value: "E-17" },
      ],
    },
  };

  test("is the preferred name, and needs a scope more", async () => {
    const { redeem, vendor } = await workspace(
      [],
      { [USER]: ids, [`GET ${DIRECTORY}/groups`]: { body: {} } },
      { useOrganizationId: true },
    );
    expect((await redeem()).identity.preferredUsername).toBe("E-17");
    const grant = vendor.requests.find(({ target }) => target === "/oauth2.googleapis.com/token");
    expect(decodeJwt(new URLSearchParams(grant?.body).get("assertion") ?? "").scope).toBe(
      "https://www.googleapis.com/auth/admin.directory.group.member.readonly https://www.googleapis.com/auth/admin.directory.user.readonly",
    );
  });

  test.each<[string, FakeAnswer, string]>([
    ["is not there", { body: { externalIds: [] } }, "denied"],
    ["is refused", { status: 403, body: {} }, "denied"],
    ["cannot be asked for", { status: 500 }, "unreachable"],
  ])("lets nobody in when it %s", async (_name, answer, reason) => {
    const routes = { [USER]: answer, [`GET ${DIRECTORY}/groups`]: { body: {} } };
    const { redeem } = await workspace([], routes, { useOrganizationId: true });
    expect((await failureOf(redeem())).reason).toBe(reason as "denied");
  });
});

describe("a renewal", () => {
  test("keeps the refresh token, and looks at the groups anew", async () => {
    const { redeem, refresh, vendor } = await workspace(["a@example.com", "b@example.com"], {
      [HAS_MEMBER("a@example.com")]: yes,
      [HAS_MEMBER("b@example.com")]: yes,
    });
    const login = await redeem();
    vendor.routes[HAS_MEMBER("b@example.com")] = no;
    const renewed = await refresh(login);
    expect(renewed.identity).toEqual({ ...login.identity, groups: ["a@example.com"] });
    expect(renewed.tokens).toMatchObject({ accessToken: "at-2", refreshToken: "rt-1" });
    const request = vendor.requests.findLast(({ target }) => target === "/www.googleapis.com/oauth2/v3/token");
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      client_id: "gatehouse",
      client_secret: CLIENT_SECRET,
      grant_type: "refresh_token",
      refresh_token: "rt-1",
    });
  });

  test("may come without an ID token", async () => {
    const { redeem, refresh, vendor } = await make();
    const login = await redeem();
    vendor.routes[TOKEN] = { body: { access_token: "at-3", expires_in: 3599 } };
    expect((await refresh(login)).tokens).toMatchObject({ accessToken: "at-3", refreshToken: "rt-1" });
  });

  test.each<[string, string, FakeVendor["routes"]]>([
    ["the refresh token is refused", "revoked", { [TOKEN]: { status: 400, body: { error: "invalid_grant" } } }],
    ["we are refused", "unreachable", { [TOKEN]: { status: 401, body: { error: "invalid_client" } } }],
    ["Google is down", "unreachable", { [TOKEN]: { status: 503 } }],
    ["the answer is broken", "unreachable", { [TOKEN]: { body: '{"access' } }],
    ["somebody left all groups", "revoked", { [HAS_MEMBER("a@example.com")]: no }],
    ["the groups cannot be asked for", "unreachable", { [HAS_MEMBER("a@example.com")]: { status: 500 } }],
  ])("does not happen when %s", async (_name, reason, routes) => {
    const { redeem, refresh, vendor } = await workspace(["a@example.com"], { [HAS_MEMBER("a@example.com")]: yes });
    const login = await redeem();
    Object.assign(vendor.routes, routes);
    expect((await failureOf(refresh(login))).reason).toBe(reason as "revoked");
  });

  test("is not about somebody else", async () => {
    const { redeem, refresh } = await make();
    const login = await redeem();
    const other = { ...login, identity: { ...login.identity, userId: "somebody else" } };
    expect((await failureOf(refresh(other))).reason).toBe("revoked");
  });

  test("needs a refresh token", async () => {
    const { connector, redeem } = await make();
    const login = await redeem();
    expect(connector.canRefresh?.(login)).toBe(true);
    expect(connector.canRefresh?.({ ...login, tokens: { accessToken: "at-1" } })).toBe(false);
  });
});

const EXTERNAL = {
  type: "external_account",
  audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
  token_url: "https://sts.googleapis.com/v1/token",
  service_account_impersonation_url:
    "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/wif@x.iam.gserviceaccount.com:generateAccessToken",
};

describe("the default credentials", () => {
  const METADATA = "/169.254.169.254/computeMetadata/v1/instance/service-accounts/default";
  const IAM = "/iamcredentials.googleapis.com/v1/projects/-/serviceAccounts";
  const PRINCIPAL = "proxy@project.iam.gserviceaccount.com";
  const own = { useApplicationDefaultCredentials: true, groups: ["a@example.com"], adminEmail: "admin@example.com" };
  const machine: FakeVendor["routes"] = {
    [`GET ${METADATA}/token`]: { body: { access_token: "at-machine", expires_in: 3599 } },
    [`GET ${METADATA}/email`]: { body: `${PRINCIPAL}\n` },
    [`POST ${IAM}/${encodeURIComponent(PRINCIPAL)}:signJwt`]: { body: { keyId: "k", signedJwt: "a.signed.jwt" } },
    [HAS_MEMBER("a@example.com")]: yes,
  };

  test("of the machine sign as their own service account for the administrator", async () => {
    const { redeem, vendor, directoryRequests } = await make({ configuration: own, routes: machine });
    expect((await redeem()).identity.groups).toEqual(["a@example.com"]);
    expect(vendor.requests.find(({ target }) => target.startsWith(METADATA))?.headers.get("metadata-flavor")).toBe(
      "Google",
    );
    const signing = vendor.requests.find(({ target }) => target.endsWith(":signJwt"));
    expect(signing?.authorization).toBe("Bearer at-machine");
    expect(JSON.parse(JSON.parse(signing?.body ?? "{}").payload)).toMatchObject({
      iss: PRINCIPAL,
      sub: "admin@example.com",
      aud: "https://oauth2.googleapis.com/token",
      scope: "https://www.googleapis.com/auth/admin.directory.group.member.readonly",
    });
    const grant = vendor.requests.find(({ target }) => target === "/oauth2.googleapis.com/token");
    expect(new URLSearchParams(grant?.body).get("assertion")).toBe("a.signed.jwt");
    expect(directoryRequests()[0]).toEndWith("Bearer at-admin");
  });

  test("act as themselves without an administrator", async () => {
    const { redeem, directoryRequests, vendor } = await make({
      configuration: { ...own, adminEmail: "", targetPrincipal: "other@x.iam.gserviceaccount.com" },
      routes: {
        ...machine,
        [`POST ${IAM}/other%40x.iam.gserviceaccount.com:generateAccessToken`]: {
          body: { accessToken: "at-9", expireTime: new Date(Date.now() + 3_600_000).toISOString() },
        },
      },
    });
    await redeem();
    await redeem();
    expect(directoryRequests().every((request) => request.endsWith("Bearer at-9"))).toBe(true);
    expect(vendor.requests.filter(({ target }) => target.endsWith(":generateAccessToken"))).toHaveLength(1);
  });

  test("may be a file: of a service account", async () => {
    const file = await serviceAccountFile();
    const { redeem, vendor } = await make({
      configuration: own,
      routes: machine,
      environment: { GOOGLE_APPLICATION_CREDENTIALS: file },
    });
    expect((await redeem()).identity.groups).toEqual(["a@example.com"]);
    const signing = vendor.requests.find(({ target }) => target.endsWith(":signJwt"));
    expect(signing?.authorization).toBe("Bearer at-admin");
  });

  test("may be a file: of a person, who must name the account to act as", async () => {
    const person = { type: "authorized_user", client_id: "c", client_secret: "s", refresh_token: "rt-7" };
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: await serviceAccountFile(person) };
    const named = await make({ configuration: { ...own, targetPrincipal: PRINCIPAL }, routes: machine, environment });
    expect((await named.redeem()).identity.groups).toEqual(["a@example.com"]);
    expect(named.vendor.requests.some(({ body }) => body.includes("refresh_token=rt-7"))).toBe(true);
    const unnamed = await make({ configuration: own, routes: machine, environment });
    expect(reasonOf(await failureOf(unnamed.redeem()))).toContain("--google-target-principal");
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["as JSON", { format: { type: "json", subject_token_field_name: "id" } }],
    ["as it is", {}],
  ])("may be another issuer's token, in a file %s", async (_name, format) => {
    const token = await serviceAccountFile({ id: "cluster-token" });
    const json = Object.keys(format).length > 0;
    if (!json) await writeFile(token, "cluster-token\n");
    const credentials = { ...EXTERNAL, credential_source: { file: token, ...format } };
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: await serviceAccountFile(credentials) };
    const { redeem, vendor } = await make({
      configuration: { ...own, targetPrincipal: PRINCIPAL },
      environment,
      routes: {
        ...machine,
        "POST /sts.googleapis.com/v1/token": { body: { access_token: "at-federated", expires_in: 3599 } },
        [`POST ${IAM}/wif@x.iam.gserviceaccount.com:generateAccessToken`]: {
          body: { accessToken: "at-wif", expireTime: new Date(Date.now() + 3_600_000).toISOString() },
        },
      },
    });
    expect((await redeem()).identity.groups).toEqual(["a@example.com"]);
    const exchange = vendor.requests.find(({ target }) => target === "/sts.googleapis.com/v1/token");
    expect(Object.fromEntries(new URLSearchParams(exchange?.body))).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      audience: EXTERNAL.audience,
      scope: "https://www.googleapis.com/auth/cloud-platform",
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      subject_token: "cluster-token",
      subject_token_type: EXTERNAL.subject_token_type,
    });
    expect(vendor.requests.find(({ target }) => target.endsWith(":generateAccessToken"))?.authorization).toBe(
      "Bearer at-federated",
    );
    expect(vendor.requests.find(({ target }) => target.endsWith(":signJwt"))?.authorization).toBe("Bearer at-wif");
  });

  test("may be another issuer's token, from a URL", async () => {
    const source = { url: "http://metadata.example/token", headers: { "X-Ask": "yes" } };
    const credentials = { ...EXTERNAL, service_account_impersonation_url: undefined, credential_source: source };
    const { redeem, vendor } = await make({
      configuration: { ...own, targetPrincipal: PRINCIPAL },
      environment: { GOOGLE_APPLICATION_CREDENTIALS: await serviceAccountFile(credentials) },
      routes: {
        ...machine,
        "GET /metadata.example/token": ({ headers }) => ({ body: headers.get("x-ask") === "yes" ? "cloud-token" : "" }),
        "POST /sts.googleapis.com/v1/token": ({ body }) =>
          body.includes("subject_token=cloud-token")
            ? { body: { access_token: "at-federated", expires_in: 3599 } }
            : { status: 400, body: { error: "invalid_grant" } },
      },
    });
    await redeem();
    expect(vendor.requests.find(({ target }) => target.endsWith(":signJwt"))?.authorization).toBe(
      "Bearer at-federated",
    );
  });

  test("that may not act as the account are the operator's to mend", async () => {
    const refused = {
      [`POST ${IAM}/${encodeURIComponent(PRINCIPAL)}:signJwt`]: {
        status: 403,
        body: { error: { status: "PERMISSION_DENIED" } },
      },
    };
    const { redeem } = await make({ configuration: own, routes: { ...machine, ...refused } });
    expect((await failureOf(redeem())).reason).toBe("unreachable");
  });
});

describe("a wrong configuration does not start", () => {
  test.each<[string, () => Promise<Bend>, string]>([
    [
      "without the key file",
      async () => ({ configuration: { serviceAccountFile: "/nowhere/key.json" } }),
      "--google-service-account-json",
    ],
    [
      "with a file that is no service account's",
      async () => ({ configuration: { serviceAccountFile: await serviceAccountFile({ type: "authorized_user" }) } }),
      '"type"',
    ],
    [
      "with a key that is none",
      async () => ({ configuration: { serviceAccountFile: await serviceAccountFile({ private_key: "the-key" }) } }),
      '"private_key"',
    ],
    [
      "with groups and nobody to ask as",
      async () => ({ configuration: { groups: ["a@example.com"] } }),
      "need an account to ask as",
    ],
    [
      "with default credentials of an unknown kind",
      async () => ({
        configuration: { useApplicationDefaultCredentials: true },
        environment: { GOOGLE_APPLICATION_CREDENTIALS: await serviceAccountFile({ type: "gdch_service_account" }) },
      }),
      "gdch_service_account",
    ],
    [
      "with an external account whose token cannot be had",
      async () => ({
        configuration: { useApplicationDefaultCredentials: true },
        environment: {
          GOOGLE_APPLICATION_CREDENTIALS: await serviceAccountFile({
            ...EXTERNAL,
            credential_source: { environment_id: "aws1" },
          }),
        },
      }),
      '"credential_source"',
    ],
  ])("%s", async (_name, bend, words) => {
    await expect(make(await bend())).rejects.toThrow(words);
  });
});
