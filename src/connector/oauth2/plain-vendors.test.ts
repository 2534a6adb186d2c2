import { afterEach, describe, expect, test } from "bun:test";
import {
  type FakeAnswer,
  type FakeVendor,
  failureOf,
  startFakeVendor,
  TRANSACTION,
  vendorDeps,
  vendorOptions,
} from "../../../test/support/fake-vendor.ts";
import { Secret } from "../../protocol/secret.ts";
import type { Identity, Login } from "../../protocol/identity.ts";
import { NotAdmittedError } from "../connector-error.ts";
import { createOAuth2Connector, type OAuth2ConnectorConfiguration } from "./create-oauth2-connector.ts";

const open: FakeVendor[] = [];
afterEach(async () => {
  for (const vendor of open.splice(0)) await vendor.stop();
});

interface Vendor {
  readonly type: "bitbucket" | "digitalocean" | "facebook" | "keycloak" | "linkedin" | "nextcloud" | "sourcehut";
  readonly profile?: string;
  readonly validate: string;
  /** `METHOD path` that says who it is. */
  readonly route: string;
}

const VENDORS: Readonly<Record<Vendor["type"], Vendor>> = {
  bitbucket: { type: "bitbucket", validate: "/2.0/user/emails", route: "GET /2.0/user/emails" },
  digitalocean: { type: "digitalocean", profile: "/v2/account", validate: "/v2/account", route: "GET /v2/account" },
  facebook: { type: "facebook", profile: "/me", validate: "/me", route: "GET /me" },
  keycloak: { type: "keycloak", profile: "/userinfo", validate: "/userinfo", route: "GET /userinfo" },
  linkedin: { type: "linkedin", profile: "/v2/emailAddress", validate: "/v2/me", route: "GET /v2/emailAddress" },
  nextcloud: { type: "nextcloud", validate: "/ocs/v2.php/cloud/user?format=json", route: "GET /ocs/v2.php/cloud/user" },
  sourcehut: { type: "sourcehut", profile: "/query", validate: "/profile", route: "POST /query" },
};

interface Changed {
  readonly team?: string;
  readonly repository?: string;
  readonly allowUnverifiedEmail?: boolean;
}

async function signIn(
  { type, profile, validate, route }: Vendor,
  answer: FakeAnswer,
  changed: Changed = {},
  routes: FakeVendor["routes"] = {},
): Promise<{ readonly vendor: FakeVendor; readonly login: Promise<Login> }> {
  const vendor = await startFakeVendor({ [route]: answer, ...routes });
  open.push(vendor);
  const options = vendorOptions(vendor, { ...(profile !== undefined && { profile }), validate });
  const { allowUnverifiedEmail = false, team = "", repository = "" } = changed;
  const common = { ...options, allowUnverifiedEmail };
  const configuration: OAuth2ConnectorConfiguration =
    type === "bitbucket" ? { ...common, type, team, repository } : { ...common, type };
  const connector = await createOAuth2Connector(vendorDeps(), configuration);
  return { vendor, login: connector.redeem(new URLSearchParams({ code: "the-code" }), TRANSACTION) };
}

const EMPTY: Identity = {
  userId: "",
  username: "",
  preferredUsername: "",
  email: "",
  emailVerified: false,
  groups: [],
};
const named = (email: string, told: Partial<Identity> = {}): Identity => ({
  ...EMPTY,
  username: email,
  email,
  ...told,
});

const BITBUCKET_EMAILS = {
  pagelen: 10,
  values: [
    { is_primary: false, is_confirmed: true, type: "email", email: "other@example.com" },
    { is_primary: true, is_confirmed: true, type: "email", email: "bb@example.com" },
  ],
};
const DIGITALOCEAN_ACCOUNT = {
  account: { droplet_limit: 25, email: "sammy@example.com", uuid: "b6fr89", email_verified: true, status: "active" },
};
const NEXTCLOUD_USER = {
  ocs: {
    meta: { status: "ok", statuscode: 200, message: "OK" },
    data: { id: "frank", email: "frank@example.com", groups: ["group1", "", "group2"], displayname: "Frank K." },
  },
};

describe("who somebody is", () => {
  test.each<[Vendor["type"], unknown, Identity, string]>([
    [
      "bitbucket",
      BITBUCKET_EMAILS,
      named("bb@example.com", { emailVerified: true }),
      "GET /2.0/user/emails?access_token=at-1 none",
    ],
    [
      "digitalocean",
      DIGITALOCEAN_ACCOUNT,
      named("sammy@example.com", { emailVerified: true }),
      "GET /v2/account Bearer at-1",
    ],
    [
      "facebook",
      { name: "Fb", email: "fb@example.com", id: "1" },
      named("fb@example.com", { username: "Fb" }),
      "GET /me?fields=name,email Bearer at-1",
    ],
    [
      "keycloak",
      { sub: "1", email: "kc@example.com", groups: ["/grp", "", "/two"], preferred_username: "kcuser", user: "kc-1" },
      named("kc@example.com", {
        userId: "kc-1",
        username: "kcuser",
        preferredUsername: "kcuser",
        groups: ["/grp", "/two"],
      }),
      "GET /userinfo Bearer at-1",
    ],
    [
      "linkedin",
      { elements: [{ handle: "urn:li:emailAddress:3775708763", "handle~": { emailAddress: "li@example.com" } }] },
      named("li@example.com"),
      "GET /v2/emailAddress?q=members&projection=(elements*(handle~)) Bearer at-1",
    ],
    [
      "nextcloud",
      NEXTCLOUD_USER,
      named("frank@example.com", { userId: "frank", username: "frank", groups: ["group1", "group2"] }),
      "GET /ocs/v2.php/cloud/user?format=json Bearer at-1",
    ],
    [
      "sourcehut",
      { data: { me: { username: "jdoe", email: "jdoe@example.com" } } },
      named("jdoe@example.com", { userId: "jdoe", username: "jdoe", preferredUsername: "jdoe" }),
      "POST /query Bearer at-1",
    ],
  ])("%s", async (type, body, identity, asked) => {
    const { vendor, login } = await signIn(VENDORS[type], { body });
    expect(await login).toEqual({ identity, tokens: { accessToken: "at-1" } });
    expect(vendor.asked()).toEqual([asked]);
  });

  test("sourcehut is asked in GraphQL", async () => {
    const { vendor, login } = await signIn(VENDORS.sourcehut, {
      body: { data: { me: { username: "j", email: "j@e.com" } } },
    });
    await login;
    const request = vendor.requests.at(-1);
    expect(request?.body).toBe('{"query": "{ me { username, email } }"}');
    expect(request?.headers.get("content-type")).toBe("application/json");
  });

  test("linkedin is asked for its newer JSON", async () => {
    const body = { elements: [{ "handle~": { emailAddress: "li@example.com" } }] };
    const { vendor, login } = await signIn(VENDORS.linkedin, { body });
    await login;
    expect(vendor.requests.at(-1)?.headers.get("x-li-format")).toBe("json");
  });

  test("keycloak's user is the preferred one where there is no other, and odd groups are none", async () => {
    const body = { email: "kc@example.com", preferred_username: "kcuser", groups: ["/grp", 7] };
    const { login } = await signIn(VENDORS.keycloak, { body });
    expect((await login).identity).toMatchObject({ userId: "kcuser", preferredUsername: "kcuser", groups: [] });
  });
});

describe("an address that is not told", () => {
  test.each<[Vendor["type"], unknown]>([
    ["digitalocean", { account: { uuid: "b6fr89" } }],
    ["facebook", { name: "Fb", id: "1" }],
    ["facebook", { name: "Fb", email: "" }],
    ["keycloak", { preferred_username: "kcuser" }],
    ["keycloak", { email: null }],
    ["linkedin", { elements: [] }],
    ["nextcloud", { ocs: { data: { id: "frank", email: null } } }],
    ["nextcloud", { ocs: { data: { id: "", email: "frank@example.com" } } }],
    ["nextcloud", { ocs: { data: [] } }],
    ["sourcehut", { data: null, errors: [{ message: "unauthorized" }] }],
    ["sourcehut", { data: { me: { email: "j@example.com" } } }],
    ["digitalocean", { account: { email: "a@example.com\r\nX-Evil: 1", email_verified: true } }],
    ["digitalocean", []],
    ["digitalocean", null],
  ])("lets nobody in: %s with %j", async (type, body) => {
    const { login } = await signIn(VENDORS[type], { body: JSON.stringify(body) });
    expect((await failureOf(login)).reason).toBe("denied");
  });

  test("is empty for bitbucket without a primary one", async () => {
    const { login } = await signIn(VENDORS.bitbucket, {
      body: { values: [{ email: "x@example.com", is_primary: false }] },
    });
    expect((await login).identity).toEqual(EMPTY);
  });
});

describe("an address that the vendor says is not verified", () => {
  const UNVERIFIED: readonly [Vendor["type"], unknown, string][] = [
    ["digitalocean", { account: { email: "do@example.com", email_verified: false } }, "do@example.com"],
    ["bitbucket", { values: [{ email: "bb@example.com", is_primary: true, is_confirmed: false }] }, "bb@example.com"],
  ];

  test.each(UNVERIFIED)("lets nobody in: %s", async (type, body) => {
    const { login } = await signIn(VENDORS[type], { body });
    expect(await failureOf(login)).toMatchObject({
      reason: "denied",
      publicMessage: "Your e-mail address is not verified at the identity provider.",
    });
  });

  test.each(UNVERIFIED)("is told as such where it is allowed: %s", async (type, body, email) => {
    const { login } = await signIn(VENDORS[type], { body }, { allowUnverifiedEmail: true });
    expect((await login).identity).toMatchObject({ email, emailVerified: false });
  });
});

describe("bitbucket's restrictions", () => {
  const EMAILS = { body: BITBUCKET_EMAILS };
  const team = (username: string, next?: string): FakeAnswer => ({
    body: { values: [{ username }], ...(next && { next }) },
  });

  test("let a member of the team in, on whichever page they are", async () => {
    const { vendor, login } = await signIn(
      VENDORS.bitbucket,
      EMAILS,
      { team: "ours" },
      {
        "GET /2.0/teams?role=member&access_token=at-1": team("theirs", "https://evil.test/2.0/teams?page=2"),
        "GET /2.0/teams?role=member&page=2&access_token=at-1": team("ours"),
      },
    );
    expect((await login).identity.email).toBe("bb@example.com");
    expect(vendor.asked().slice(1)).toEqual([
      "GET /2.0/teams?role=member&access_token=at-1 none",
      "GET /2.0/teams?role=member&page=2&access_token=at-1 none",
    ]);
  });

  test.each<[string, FakeAnswer, string]>([
    ["in another team", team("theirs"), "denied"],
    ["in a team of another spelling", team("OURS"), "denied"],
    ["refused", { status: 403, body: {} }, "denied"],
    ["not answered", { status: 500 }, "unreachable"],
    ["answered with a list that never ends", team("theirs", "more"), "denied"],
  ])("let nobody in who is %s", async (_name, answer, reason) => {
    const { login, vendor } = await signIn(VENDORS.bitbucket, EMAILS, { team: "ours" }, { "GET /2.0/teams": answer });
    expect((await failureOf(login)).reason).toBe(reason as "denied");
    expect(vendor.asked().length).toBeLessThanOrEqual(101);
  });

  const TARGET = "GET /2.0/repositories/ours?role=contributor&q=full_name%3D%22ours%2Fapp%22&access_token=at-1";

  test("let a contributor in", async () => {
    const repositories = { body: { values: [{ full_name: "ours/app" }] } };
    const { vendor, login } = await signIn(
      VENDORS.bitbucket,
      EMAILS,
      { repository: "ours/app" },
      { [TARGET]: repositories },
    );
    expect((await login).identity.email).toBe("bb@example.com");
    expect(vendor.asked().at(-1)).toBe(`${TARGET} none`);
  });

  test("let nobody else in", async () => {
    const routes = { [TARGET]: { body: { values: [] } } };
    const { login } = await signIn(VENDORS.bitbucket, EMAILS, { repository: "ours/app" }, routes);
    expect(await failureOf(login)).toBeInstanceOf(NotAdmittedError);
  });
});

describe("without configured endpoints", () => {
  test.each([
    ["bitbucket", "https://bitbucket.org/site/oauth2/authorize"],
    ["digitalocean", "https://cloud.digitalocean.com/v1/oauth/authorize"],
    ["facebook", "https://www.facebook.com/v2.5/dialog/oauth"],
    ["keycloak", "https://keycloak.org/oauth/authorize"],
    ["linkedin", "https://www.linkedin.com/oauth/v2/authorization"],
    ["sourcehut", "https://meta.sr.ht/oauth2/authorize"],
  ] as const)("%s is asked at its own place", async (type, place) => {
    const common = {
      id: "vendor",
      name: "Vendor",
      clientId: "gatehouse",
      clientSecret: new Secret("s"),
      scopes: [],
      endpoints: { authorization: "", token: "", profile: "", validate: "" },
    };
    const configuration = type === "bitbucket" ? { ...common, type, team: "", repository: "" } : { ...common, type };
    const connector = await createOAuth2Connector(vendorDeps(), configuration);
    const url = await connector.authorizationUrl(TRANSACTION);
    expect(`${url.origin}${url.pathname}`).toBe(place);
    expect(connector.status()).toEqual({ reachable: true });
  });
});
