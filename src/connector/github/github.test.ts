import { afterEach, describe, expect, test } from "bun:test";
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
import type { GithubConnectorConfiguration } from "../../config/connector-configuration.ts";
import { Secret } from "../../protocol/secret.ts";
import type { Login } from "../../protocol/identity.ts";
import { createOAuth2Connector } from "../oauth2/create-oauth2-connector.ts";

const open: FakeVendor[] = [];
afterEach(async () => {
  for (const vendor of open.splice(0)) await vendor.stop();
});

const ORGS = "user/orgs?page=1&per_page=100";
const TEAMS = "user/teams?page=1&per_page=100";
const DEV = { name: "Dev Team", slug: "dev", organization: { login: "acme", id: 1 } };
const OPS = { name: "Ops", slug: "ops", organization: { login: "Other", id: 2 } };
const PRIMARY = { email: "octo@example.com", primary: true, verified: true, visibility: "public" };
const REFUSED = { status: 403, body: { message: "Resource not accessible by integration" } };

/** Keys are paths below the interface. */
const OCTOCAT: Readonly<Record<string, FakeAnswer>> = {
  [ORGS]: {
    body: [
      { login: "acme", id: 1 },
      { login: "Other", id: 2 },
    ],
  },
  "user/orgs?page=2&per_page=100": { body: [] },
  [TEAMS]: { body: [DEV, OPS] },
  "user/teams?page=2&per_page=100": { body: [] },
  "user/emails": { body: [{ ...PRIMARY, email: "second@example.com", primary: false }, PRIMARY] },
  user: { body: { login: "octocat", id: 1, name: "The Octocat", email: "public@example.com" } },
  "repos/acme/app": { body: { private: true, permissions: { pull: true, push: false } } },
  "repos/acme/app/collaborators/octocat": { status: 204 },
};

type Changed = Partial<GithubConnectorConfiguration>;

async function signIn(
  configuration: Changed = {},
  routes: Readonly<Record<string, FakeAnswer>> = {},
  base = "/",
): Promise<{ readonly vendor: FakeVendor; readonly login: Promise<Login> }> {
  const all = Object.entries({ ...OCTOCAT, ...routes });
  const root = /^\/api\/v\d/.exec(base)?.[0].concat("/") ?? base;
  const vendor = await startFakeVendor(Object.fromEntries(all.map(([path, answer]) => [`GET ${root}${path}`, answer])));
  open.push(vendor);
  const connector = await createOAuth2Connector(vendorDeps(), {
    type: "github",
    ...vendorOptions(vendor, { validate: base }),
    organization: "",
    teams: [],
    repository: "",
    repositoryToken: new Secret(""),
    users: [],
    ...configuration,
  });
  return { vendor, login: connector.redeem(new URLSearchParams({ code: "the-code" }), TRANSACTION) };
}

describe("a GitHub account", () => {
  test("is its login, its primary verified address, and its organisations and teams", async () => {
    const { vendor, login } = await signIn();
    expect(await login).toEqual({
      identity: {
        userId: "octocat",
        username: "The Octocat",
        preferredUsername: "",
        email: "octo@example.com",
        emailVerified: true,
        groups: ["acme", "Other", "acme:dev", "Other:ops"],
      },
      tokens: { accessToken: "at-1" },
    });
    expect(vendor.asked()).toEqual([
      "GET /user/orgs?page=1&per_page=100 token at-1",
      "GET /user/orgs?page=2&per_page=100 token at-1",
      "GET /user/teams?page=1&per_page=100 token at-1",
      "GET /user/teams?page=2&per_page=100 token at-1",
      "GET /user/emails token at-1",
      "GET /user token at-1",
    ]);
    expect(vendor.requests.at(-1)?.headers.get("accept")).toBe("application/vnd.github.v3+json");
    expect(vendor.requests.at(-1)?.headers.get("user-agent")).toBe("gatehouse");
  });

  test.each([
    ["/api/v3", "/api/v3"],
    ["/api/v3/user", "/api/v3"],
    ["/api/v1/user/emails", "/api/v1"],
    ["/github", "/github"],
  ])("is asked for below %s where that is the validation endpoint", async (validate, base) => {
    const { vendor, login } = await signIn({}, {}, validate === base && base === "/github" ? "/github/" : validate);
    expect((await login).identity.userId).toBe("octocat");
    expect(vendor.asked().every((request) => request.startsWith(`GET ${base}/`))).toBe(true);
  });

  test("of Gitea or Forgejo names organisations and teams by name", async () => {
    const { login } = await signIn(
      {},
      {
        [ORGS]: { body: [{ name: "acme", full_name: "Acme", id: 7 }] },
        [TEAMS]: { body: [{ name: "Owners", organization: { name: "acme" } }, { name: "Nowhere" }] },
      },
      "/api/v1/user/emails",
    );
    expect((await login).identity.groups).toEqual(["acme", "acme:Owners"]);
  });

  test("is in more organisations than a page holds", async () => {
    const page = (from: number): FakeAnswer => ({
      body: Array.from({ length: 100 }, (_, index) => ({ login: `o${from + index}` })),
    });
    const { login } = await signIn(
      {},
      {
        [ORGS]: page(0),
        "user/orgs?page=2&per_page=100": page(100),
        "user/orgs?page=3&per_page=100": { body: [{ login: "last" }] },
        "user/orgs?page=4&per_page=100": { body: [] },
        [TEAMS]: { body: [] },
      },
    );
    const { groups } = (await login).identity;
    expect(groups).toHaveLength(201);
    expect(groups.at(-1)).toBe("last");
  });

  test.each<[string, readonly unknown[]]>([
    [
      "the primary address is not verified",
      [
        { ...PRIMARY, verified: false },
        { ...PRIMARY, primary: false },
      ],
    ],
    ["there is no address", []],
    ["there is no primary one", [{ ...PRIMARY, primary: false }]],
    ["verification is not told", [{ email: "octo@example.com", primary: true }]],
  ])("has no address when %s: not the public one of the profile either", async (_name, body) => {
    const { login } = await signIn({}, { "user/emails": { body } });
    expect((await login).identity).toMatchObject({ userId: "octocat", email: "", emailVerified: false });
  });
});

describe("nobody enters", () => {
  test.each<[string, Readonly<Record<string, FakeAnswer>>, string]>([
    ["the token was revoked", { [ORGS]: { status: 401, body: { message: "Bad credentials" } } }, "denied"],
    ["the addresses are refused", { "user/emails": REFUSED }, "denied"],
    ["the limit is spent", { [TEAMS]: { ...REFUSED, headers: { "X-RateLimit-Remaining": "0" } } }, "unreachable"],
    ["there was too much at once", { user: { status: 429, headers: { "Retry-After": "60" } } }, "unreachable"],
    ["GitHub is down", { [ORGS]: { status: 502, body: "<html>" } }, "unreachable"],
    ["the organisations are no list", { [ORGS]: { body: { login: "acme" } } }, "untrusted"],
    ["the teams are no objects", { [TEAMS]: { body: ["acme:dev"] } }, "untrusted"],
    ["the teams are no JSON", { [TEAMS]: { body: '[{"name":' } }, "untrusted"],
    ["the user has no login", { user: { body: { id: 1 } } }, "denied"],
  ])("when %s", async (_name, routes, reason) => {
    const { login } = await signIn({}, routes);
    expect((await failureOf(login)).reason).toBe(reason as "denied");
  });

  test("when a list of organisations never ends", async () => {
    const { vendor, login } = await signIn(
      {},
      { "user/orgs": { body: [{ login: "acme" }] }, "user/orgs?page=2&per_page=100": { body: [{ login: "acme" }] } },
    );
    const error = await failureOf(login);
    expect(error.reason).toBe("untrusted");
    expect(reasonOf(error)).toContain("more than 100 pages");
    expect(vendor.asked()).toHaveLength(100);
  });
});

const TOKEN = new Secret("operators-token");

describe("restrictions", () => {
  test.each<[string, Changed, Readonly<Record<string, FakeAnswer>>]>([
    ["a member of the organisation", { organization: "acme" }, {}],
    ["a member of one of the teams", { organization: "ACME", teams: ["x", "DEV"] }, {}],
    ["a member of a team of any organisation", { teams: ["acme:dev"] }, {}],
    ["a member of a team of any organisation, whatever its case", { teams: ["nope:x", "Acme:Dev"] }, {}],
    ["who may pull from the private repository", { repository: "acme/app" }, {}],
    [
      "who may push to the public repository",
      { repository: "acme/app" },
      { "repos/acme/app": { body: { private: false, permissions: { pull: true, push: true } } } },
    ],
    [
      "a collaborator of the repository",
      { repository: "acme/app", repositoryToken: TOKEN },
      { "repos/acme/app": REFUSED },
    ],
    ["a listed user, whatever else is asked for", { organization: "nope", users: ["octocat", "bob"] }, {}],
    [
      "a listed user who is no collaborator",
      { repository: "acme/app", repositoryToken: TOKEN, users: ["octocat"] },
      { "repos/acme/app/collaborators/octocat": { status: 404 } },
    ],
    ["a member, though others are listed", { organization: "acme", users: ["bob"] }, {}],
    [
      "a member of the organisation, without asking for the repository",
      { organization: "acme", repository: "acme/no" },
      {},
    ],
  ])("let in %s", async (_name, configuration, routes) => {
    const { login } = await signIn(configuration, routes);
    expect((await login).identity.userId).toBe("octocat");
  });

  test.each<[string, Changed, Readonly<Record<string, FakeAnswer>>]>([
    ["a stranger to the organisation", { organization: "nope" }, {}],
    ["the organisation in another case", { organization: "ACME" }, {}],
    ["a stranger to the team", { organization: "acme", teams: ["nope"] }, {}],
    ["a team of that name in another organisation", { organization: "acme", teams: ["ops"] }, {}],
    ["a team by its display name", { organization: "acme", teams: ["Dev Team"] }, {}],
    ["a team without its organisation", { teams: ["dev"] }, {}],
    ["a stranger to all teams", { teams: ["acme:nope", "nope:dev"] }, {}],
    ["an empty team", { organization: "acme", teams: [""] }, {}],
    ["a comma for a team", { teams: [","] }, { [TEAMS]: { body: [] } }],
    [
      "who may only pull from the public repository",
      { repository: "acme/app" },
      { "repos/acme/app": { body: { private: false, permissions: { pull: true, push: false } } } },
    ],
    ["who does not see the repository", { repository: "acme/app" }, { "repos/acme/app": { status: 404, body: {} } }],
    [
      "who is no collaborator",
      { repository: "acme/app", repositoryToken: TOKEN },
      { "repos/acme/app/collaborators/octocat": { status: 404 } },
    ],
    [
      "anybody, when the operator's token may not ask",
      { repository: "acme/app", repositoryToken: TOKEN },
      { "repos/acme/app/collaborators/octocat": REFUSED },
    ],
    ["who is not listed", { users: ["bob", "OCTOCAT"] }, {}],
    ["who is not listed, whatever team they are in", { users: ["bob"], teams: ["acme:dev"] }, {}],
    ["who is not listed, and no member", { users: ["bob"], organization: "nope" }, {}],
  ])("keep out %s", async (_name, configuration, routes) => {
    const { login } = await signIn(configuration, routes);
    expect(["denied", "untrusted"]).toContain((await failureOf(login)).reason);
  });

  test("say what an operator wrote wrong", async () => {
    const { login } = await signIn({ teams: ["acme:nope", "dev"] });
    expect(reasonOf(await failureOf(login))).toContain("organisation:team-slug, unlike dev");
  });

  test("ask about a collaborator with the operator's token, after the person is known", async () => {
    const { vendor, login } = await signIn({ repository: "acme/app", repositoryToken: TOKEN });
    await login;
    expect(vendor.asked().at(-1)).toBe("GET /repos/acme/app/collaborators/octocat token operators-token");
    expect(vendor.asked().filter((request) => request.includes("/repos/"))).toHaveLength(1);
  });

  test("cannot be talked out of the path by a login", async () => {
    const configuration = { repository: "acme/app", repositoryToken: TOKEN };
    const { vendor, login } = await signIn(configuration, { user: { body: { login: "../../../user?" } } });
    expect((await failureOf(login)).reason).toBe("denied");
    expect(vendor.asked().at(-1)).toBe(
      "GET /repos/acme/app/collaborators/..%2F..%2F..%2Fuser%3F token operators-token",
    );
  });
});
