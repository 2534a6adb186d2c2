import { afterEach, describe, expect, test } from "bun:test";
import { failureOf, TRANSACTION } from "../../../../test/support/fake-vendor.ts";
import { oauthUpstream } from "../../../../test/support/federated-clouds.ts";
import { keptBy, signInThere, startVendorSite, type VendorSite } from "../../../../test/support/vendor-site.ts";
import type { OAuthUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import type { WantedParts } from "../../connector.ts";
import { goFloat } from "./go-float.ts";
import { createOAuthConnector } from "./oauth-connector.ts";

const open: VendorSite[] = [];
afterEach(async () => {
  for (const site of open.splice(0)) await site.stop();
});

const ALICE = { id: "u-1", user_name: "alice", email: "alice@example.com", email_verified: true, groups: ["admins"] };

interface Scene {
  readonly options?: Partial<OAuthUpstream>;
  readonly userinfo?: unknown;
  readonly accessToken?: string;
  readonly wants?: WantedParts;
}

async function signIn({ options = {}, userinfo = ALICE, accessToken, wants }: Scene): Promise<Login> {
  const site = await startVendorSite("/token", () => ({}));
  open.push(site);
  site.vendor.routes["GET /me"] = { body: userinfo };
  if (accessToken !== undefined) site.settings.tokenAnswer = { access_token: accessToken };
  return signInThere(
    site,
    createOAuthConnector(site.deps, { id: "up", name: "Up", upstream: oauthUpstream(options) }),
    wants,
  );
}

const jwt = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.sig`;
const other = (claimMapping: Partial<OAuthUpstream["claimMapping"]>): Partial<OAuthUpstream> => ({
  claimMapping: { ...oauthUpstream().claimMapping, ...claimMapping },
});

describe("somebody", () => {
  test.each<[string, Scene, object]>([
    ["is who userinfo says", {}, { userId: "u-1", username: "alice", email: "alice@example.com", emailVerified: true }],
    ["may have another id", { options: { userIdKey: "email" } }, { userId: "alice@example.com" }],
    ["may have a number as id", { userinfo: { ...ALICE, id: 4711 } }, { userId: "4711" }],
    [
      "may have a long number as id, as dex wrote it",
      { userinfo: { ...ALICE, id: 12_345_678 } },
      { userId: "1.2345678e+07" },
    ],
    ["may be verified by nobody", { userinfo: { ...ALICE, email_verified: "true" } }, { emailVerified: false }],
    ["need not have a name", { userinfo: { id: "u-1", user_name: 7 } }, { username: "", email: "", groups: [] }],
    [
      "may be told by other claims",
      { options: other({ username: "email", preferredUsername: "user_name", email: "id", emailVerified: "nope" }) },
      { username: "alice@example.com", preferredUsername: "alice", email: "u-1", emailVerified: false },
    ],
  ])("%s", async (_name, scene, expected) => {
    expect((await signIn(scene)).identity).toMatchObject(expected);
  });

  test.each<[string, unknown]>([
    ["no id", { user_name: "alice" }],
    ["an empty id", { id: "" }],
    ["no text or number as id", { id: { a: 1 } }],
    ["true as id", { id: true }],
    ["a number as id that is not exact", '{"id": 9007199254740993}'],
    ["no claims", null],
    ["a list of claims", [ALICE]],
  ])("is not known with %s", async (_name, userinfo) => {
    expect((await failureOf(signIn({ userinfo }))).reason).toBe("untrusted");
  });
});

describe("groups", () => {
  test.each<[string, Scene, readonly string[]]>([
    [
      "are lists of names or of objects",
      { userinfo: { id: "u", groups: ["a", { name: "b" }, 7, { id: 1 }] } },
      ["a", "b"],
    ],
    ["come of the access token too, each once", { accessToken: jwt({ groups: ["admins", "dev"] }) }, ["admins", "dev"]],
    ["come of another claim", { options: other({ groups: "roles" }), userinfo: { id: "u", roles: ["r"] } }, ["r"]],
    ["are none of a text", { userinfo: { id: "u", groups: "solo" } }, []],
    ["are not told to who did not ask", { wants: { groups: false, offlineAccess: false } }, []],
  ])("%s", async (_name, scene, expected) => {
    expect((await signIn(scene)).identity.groups).toEqual(expected);
  });
});

test("the access token is kept for who wants to come back, under dex's name", async () => {
  expect(keptBy(await signIn({}))).toEqual({ AccessToken: "at-1" });
  expect(await signIn({ wants: { groups: true, offlineAccess: false } })).not.toHaveProperty("connectorData");
});

test("the authorization request has dex's parameters only", async () => {
  const site = await startVendorSite("/token", () => ({}));
  open.push(site);
  const upstream = oauthUpstream({ scopes: ["a", "b"], authorizationUrl: "https://oauth.example/authorize?tenant=x" });
  const { href } = await createOAuthConnector(site.deps, { id: "up", name: "Up", upstream }).authorizationUrl(
    TRANSACTION,
  );
  expect(href).toBe(
    "https://oauth.example/authorize?tenant=x&client_id=vendor-client&redirect_uri=https%3A%2F%2Fwiki.example.com%2Foauth2%2Fcallback&response_type=code&scope=a+b&state=a-state",
  );
});

test.each([
  [0, "0"],
  [7, "7"],
  [-7, "-7"],
  [1.5, "1.5"],
  [999_999, "999999"],
  [1_000_000, "1e+06"],
  [1_234_567, "1.234567e+06"],
  [9_007_199_254_740_991, "9.007199254740991e+15"],
  [0.0001, "0.0001"],
  [0.000012, "1.2e-05"],
])("the number %d is written %s", (value, text) => {
  expect(goFloat(value)).toBe(text);
});
