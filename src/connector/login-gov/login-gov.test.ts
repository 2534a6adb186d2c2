import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { exportJWK, type JWTPayload, jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  type FakeAnswer,
  type FakeVendor,
  failureOf,
  reasonOf,
  startFakeVendor,
  TRANSACTION,
  vendorDeps,
  vendorOptions,
} from "../../../test/support/fake-vendor.ts";
import { Secret } from "../../protocol/secret.ts";
import type { Login } from "../../protocol/identity.ts";
import type { RedirectConnector } from "../connector.ts";
import { createOAuth2Connector } from "../oauth2/create-oauth2-connector.ts";
import { importRsaKey } from "../oauth2/rsa-key.ts";

const open: FakeVendor[] = [];
afterEach(async () => {
  for (const vendor of open.splice(0)) await vendor.stop();
});

const pemOf = (key: KeyObject, type: "pkcs1" | "pkcs8" = "pkcs8"): string => key.export({ type, format: "pem" });
const rsa = (): KeyObject => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const [ours, theirs, foreign] = [rsa(), rsa(), rsa()];
let keySet: FakeAnswer;
beforeAll(async () => {
  const jwk = async (key: KeyObject, kid: string): Promise<unknown> => ({
    ...(await exportJWK(createPublicKey(key))),
    kid,
    alg: "RS256",
    use: "sig",
  });
  // The key that signs is not the first one.
  keySet = { body: { keys: [await jwk(ours, "retired"), await jwk(theirs, "current")] } };
});

interface Bend {
  readonly claims?: JWTPayload;
  readonly key?: KeyObject;
  readonly kid?: string;
  readonly idToken?: (claims: JWTPayload) => string | undefined;
  readonly userinfo?: FakeAnswer;
  readonly privateKey?: string;
  readonly pkce?: "S256";
}

async function start(bend: Bend = {}): Promise<{ readonly vendor: FakeVendor; readonly connector: RedirectConnector }> {
  const vendor = await startFakeVendor({
    "GET /certs": keySet,
    "GET /userinfo": bend.userinfo ?? {
      body: {
        sub: "b2d2d115",
        iss: "https://idp.int.identitysandbox.gov",
        email: "you@example.gov",
        email_verified: true,
      },
    },
    "POST /token": async () => ({
      body: { access_token: "at-1", token_type: "Bearer", expires_in: 900, id_token: await idToken(vendor.url, bend) },
    }),
  });
  open.push(vendor);
  const connector = await createOAuth2Connector(vendorDeps(), {
    type: "login.gov",
    ...vendorOptions(vendor, { profile: "/userinfo", validate: "/userinfo" }),
    privateKey: new Secret(bend.privateKey ?? pemOf(ours)),
    keysUrl: `${vendor.url}/certs`,
    ...(bend.pkce && { pkce: bend.pkce }),
  });
  return { vendor, connector };
}

async function idToken(issuer: string, bend: Bend): Promise<string | undefined> {
  const now = Math.floor(Date.now() / 1000);
  const claims: JWTPayload = {
    sub: "b2d2d115",
    iss: issuer,
    aud: "gatehouse",
    nonce: TRANSACTION.nonce,
    acr: "http://idmanagement.gov/ns/assurance/loa/1",
    iat: now,
    exp: now + 900,
    ...bend.claims,
  };
  if (bend.idToken !== undefined) return bend.idToken(claims);
  const key = await importRsaKey(pemOf(bend.key ?? theirs));
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: bend.kid ?? "current" }).sign(key);
}

const redeem = (connector: RedirectConnector): Promise<Login> =>
  connector.redeem(new URLSearchParams({ code: "the-code" }), TRANSACTION);

describe("a login at login.gov", () => {
  test("asks for an assurance, with the login's own nonce", async () => {
    const { connector } = await start();
    const { searchParams } = await connector.authorizationUrl(TRANSACTION);
    expect(searchParams.get("nonce")).toBe("a-nonce");
    expect(searchParams.getAll("acr_values")).toEqual(["http://idmanagement.gov/ns/assurance/loa/1"]);
    expect((await connector.authorizationUrl({ ...TRANSACTION, nonce: "another" })).searchParams.get("nonce")).toBe(
      "another",
    );
  });

  test("asks for the assurance that is configured", async () => {
    const { connector } = await start();
    const parameters = { acr_values: ["http://idmanagement.gov/ns/assurance/ial/2"], nonce: ["evil"] };
    const { searchParams } = await connector.authorizationUrl({ ...TRANSACTION, parameters });
    expect(searchParams.getAll("acr_values")).toEqual(parameters.acr_values);
    expect(searchParams.getAll("nonce")).toEqual(["a-nonce"]);
  });

  test("proves who we are with a signed assertion, and tells the verified address", async () => {
    const { vendor, connector } = await start({ pkce: "S256" });
    const login = await redeem(connector);
    expect(login.identity).toMatchObject({ userId: "", email: "you@example.gov", emailVerified: true, groups: [] });
    expect(login.tokens).toMatchObject({ accessToken: "at-1", idToken: expect.stringMatching(/^eyJ/) });
    expect(login.tokens.expiresAt).toBeGreaterThan(Date.now() / 1000 + 800);

    const form = Object.fromEntries(new URLSearchParams(vendor.requests[0]?.body));
    const { client_assertion: assertion = "", ...rest } = form;
    expect(rest).toEqual({
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      code: "the-code",
      code_verifier: TRANSACTION.codeVerifier,
      grant_type: "authorization_code",
    });
    const { payload } = await jwtVerify(assertion, createPublicKey(ours), { audience: `${vendor.url}/token` });
    expect(payload).toMatchObject({ iss: "gatehouse", sub: "gatehouse" });
    expect((payload.exp ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(300);
    expect(vendor.asked()).toEqual(["GET /certs none", "GET /userinfo Bearer at-1"]);
  });

  test("takes a key in the older PEM form", async () => {
    const { connector } = await start({ privateKey: pemOf(ours, "pkcs1") });
    expect((await redeem(connector)).identity.email).toBe("you@example.gov");
  });

  test.each<[string, Bend]>([
    ["another nonce", { claims: { nonce: "another" } }],
    ["no nonce", { claims: { nonce: undefined } }],
    ["another audience", { claims: { aud: "other" } }],
    ["another issuer", { claims: { iss: "https://evil.test" } }],
    ["an end in the past", { claims: { exp: 1 } }],
    ["a key that is not theirs", { key: foreign }],
    ["a key that is not theirs, under a name of its own", { key: foreign, kid: "evil" }],
    ["another key of theirs than it names", { key: ours }],
    ["no signature", { idToken: (claims) => new UnsecuredJWT(claims).encode() }],
    ["no shape", { idToken: () => "not.a.token" }],
    ["no ID token", { idToken: () => undefined }],
    [
      "userinfo of another subject",
      { userinfo: { body: { sub: "x", email: "you@example.gov", email_verified: true } } },
    ],
  ])("lets nobody in with %s", async (_name, bend) => {
    const { connector } = await start(bend);
    expect((await failureOf(redeem(connector))).reason).toBe("untrusted");
  });

  test.each<[string, FakeAnswer, string]>([
    ["an unverified address", { body: { email: "you@example.gov", email_verified: false } }, "not verified"],
    ["an address that nobody vouches for", { body: { email: "you@example.gov" } }, "not verified"],
    ["no address", { body: { email_verified: true } }, "no e-mail address"],
    ["a revoked token", { status: 401, body: {} }, "401"],
  ])("lets nobody in with %s", async (_name, userinfo, words) => {
    const { connector } = await start({ userinfo });
    const error = await failureOf(redeem(connector));
    expect(error.reason).toBe("denied");
    expect(reasonOf(error)).toContain(words);
  });

  test("waits for keys that cannot be fetched", async () => {
    const { vendor, connector } = await start();
    vendor.routes["GET /certs"] = { status: 500 };
    expect((await failureOf(redeem(connector))).reason).toBe("unreachable");
  });

  test("follows a rotation of the keys", async () => {
    const { vendor, connector } = await start();
    const rotated = vendor.routes["GET /certs"];
    vendor.routes["GET /certs"] = { body: { keys: [] } };
    expect((await failureOf(redeem(connector))).reason).toBe("untrusted");
    if (rotated !== undefined) vendor.routes["GET /certs"] = rotated;
    expect((await redeem(connector)).identity.email).toBe("you@example.gov");
  });

  test.each([["no key"], [""], [generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" })]])(
    "does not start with a key that cannot sign",
    async (privateKey) => {
      await expect(start({ privateKey })).rejects.toThrow("--jwt-key");
    },
  );
});
