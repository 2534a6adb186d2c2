import { afterEach, describe, expect, test } from "bun:test";
import { type FakeAnswer, failureOf, reasonOf, TRANSACTION } from "../../../../test/support/fake-vendor.ts";
import {
  keptBy,
  signInThere,
  startVendorSite,
  storedLogin,
  VENDOR_OPTIONS,
  type VendorSite,
} from "../../../../test/support/vendor-site.ts";
import type { GithubUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import type { RedirectConnector, WantedParts } from "../../connector.ts";
import { createGithubConnector } from "./github-connector.ts";

const open: VendorSite[] = [];
afterEach(async () => {
  for (const site of open.splice(0)) await site.stop();
});

const CORE = { name: "Core Team", slug: "core-team", organization: { login: "acme", id: 1 } };
const OPS = { name: "Ops", slug: "ops", organization: { login: "zeta", id: 2 } };
const PRIMARY = { email: "alice@example.com", primary: true, verified: true, visibility: "private" };
const WORK = { email: "a@work.test", primary: false, verified: true, visibility: null };
const UNVERIFIED = { email: "a@mail.corp.test", primary: false, verified: false, visibility: null };

const API: Readonly<Record<string, FakeAnswer>> = {
  "/user": { body: { id: 4711, login: "alice", name: "Alice W", email: "public@example.com" } },
  "/user/emails": { body: [UNVERIFIED, PRIMARY, WORK] },
  "/user/orgs": { body: [{ login: "acme" }, { login: "zeta" }] },
  "/user/teams": { body: [CORE, OPS] },
  "/orgs/acme/members/alice": { status: 204 },
  "/orgs/zeta/members/alice": { status: 302, headers: { Location: "/orgs/zeta/public_members/alice" } },
  "/orgs/zeta/public_members/alice": { status: 404, body: { message: "Not Found" } },
};

interface Started {
  readonly site: VendorSite;
  readonly connector: RedirectConnector;
}

async function start(changed: Partial<GithubUpstream> = {}, more: typeof API = {}): Promise<Started> {
  const base = (changed.hostName ?? "") === "" ? "" : "/api/v3";
  const routes = Object.entries({ ...API, ...more }).map(([path, answer]) => [`GET ${base}${path}`, answer] as const);
  const site = await startVendorSite("/login/oauth/access_token", () => Object.fromEntries(routes));
  open.push(site);
  const connector = createGithubConnector(site.deps, {
    id: "up",
    name: "Up",
    upstream: {
      type: "github",
      ...VENDOR_OPTIONS,
      org: "",
      orgs: [],
      hostName: "",
      teamNameField: "name",
      loadAllGroups: false,
      useLoginAsId: false,
      preferredEmailDomain: "",
      ...changed,
    },
  });
  return { site, connector };
}

const WANTS = (groups: boolean): WantedParts => ({ groups, offlineAccess: true });

async function signIn(changed: Partial<GithubUpstream> = {}, more: typeof API = {}, groups = true): Promise<Login> {
  const { site, connector } = await start(changed, more);
  return signInThere(site, connector, WANTS(groups));
}

const askedFor = ({ vendor }: VendorSite): readonly string[] =>
  vendor.requests.filter(({ method }) => method === "GET").map(({ target }) => target);

describe("somebody of GitHub", () => {
  test("is their number, their name and their public address", async () => {
    const { site, connector } = await start();
    expect((await signInThere(site, connector)).identity).toEqual({
      userId: "4711",
      username: "Alice W",
      preferredUsername: "alice",
      email: "public@example.com",
      emailVerified: true,
      groups: [],
    });
    expect(askedFor(site)).toEqual(["/user"]);
    const asked = site.vendor.requests.at(-1);
    expect(asked?.headers.get("x-github-api-version")).toBe("2022-11-28");
    expect(asked?.authorization).toBe("Bearer at-1");
  });

  test.each<[string, Partial<GithubUpstream>, Readonly<Record<string, unknown>>, Partial<Login["identity"]>]>([
    ["their login as id", { useLoginAsId: true }, {}, { userId: "alice" }],
    ["their login where they have no name", {}, { name: null }, { username: "alice" }],
    ["their primary address where none is public", {}, { email: null }, { email: "alice@example.com" }],
    ["an address of the preferred domain", { preferredEmailDomain: "work.test" }, {}, { email: "a@work.test" }],
    ["an address of a pattern of domains", { preferredEmailDomain: "*.test" }, {}, { email: "a@work.test" }],
    [
      "no unverified one, preferred or not",
      { preferredEmailDomain: "*.corp.test" },
      {},
      { email: "alice@example.com" },
    ],
    ["none of a longer domain", { preferredEmailDomain: "test" }, {}, { email: "alice@example.com" }],
    [
      "any address of an enterprise server",
      { hostName: "git.corp.test", preferredEmailDomain: "*.corp.test" },
      {},
      { email: "a@mail.corp.test" },
    ],
  ])("is %s", async (_name, changed, user, expected) => {
    const body = { id: 4711, login: "alice", name: "Alice W", email: "public@example.com", ...user };
    expect((await signIn(changed, { "/user": { body } })).identity).toMatchObject(expected);
  });

  test("is asked for at an enterprise server where one is configured", async () => {
    const { connector } = await start({ hostName: "git.corp.test:8443" });
    const { href } = await connector.authorizationUrl({ ...TRANSACTION, wants: WANTS(false) });
    expect(href).toStartWith("https://git.corp.test:8443/login/oauth/authorize?");
    expect(new URL(href).searchParams.get("scope")).toBe("user:email");
  });

  test.each<[string, Partial<GithubUpstream>, boolean]>([
    ["groups are asked for", {}, true],
    ["organisations are configured", { orgs: [{ name: "acme", teams: [] }] }, false],
    ["the legacy organisation is configured", { org: "acme" }, false],
  ])("is asked for their organisations when %s", async (_name, changed, groups) => {
    const { connector } = await start(changed);
    const url = await connector.authorizationUrl({ ...TRANSACTION, wants: WANTS(groups) });
    expect(url.searchParams.get("scope")).toBe("user:email read:org");
  });

  test.each([
    ["no address", []],
    ["no verified one", [{ ...PRIMARY, verified: false }]],
    ["no primary one", [WORK]],
  ])("with %s does not enter", async (_name, body) => {
    const user = { body: { id: 4711, login: "alice", email: "" } };
    const error = await failureOf(signIn({}, { "/user": user, "/user/emails": { body } }));
    expect(error.reason).toBe("denied");
  });
});

describe("groups of GitHub", () => {
  const all = { loadAllGroups: true };
  test.each<[string, Partial<GithubUpstream>, readonly string[]]>([
    ["are none unless they are configured", {}, []],
    ["are organisations, each with its teams", all, ["acme", "acme:Core Team", "zeta", "zeta:Ops"]],
    ["have slugs of teams", { ...all, teamNameField: "slug" }, ["acme", "acme:core-team", "zeta", "zeta:ops"]],
    [
      "have names and slugs of teams",
      { ...all, teamNameField: "both" },
      ["acme", "acme:Core Team", "acme:core-team", "zeta", "zeta:Ops", "zeta:ops"],
    ],
    ["are the teams of a configured organisation", { orgs: [{ name: "acme", teams: [] }] }, ["acme:Core Team"]],
    ["are configured teams", { orgs: [{ name: "acme", teams: ["Core Team", "x"] }] }, ["acme:Core Team"]],
    ["are bare names for the legacy organisation", { org: "acme" }, ["Core Team"]],
    ["are none for another legacy organisation, which keeps nobody out", { org: "nope" }, []],
    [
      "are those of the organisations that let somebody in",
      {
        orgs: [
          { name: "nope", teams: [] },
          { name: "acme", teams: ["x"] },
          { name: "acme", teams: [] },
        ],
      },
      ["acme:Core Team"],
    ],
  ])("%s", async (_name, changed, expected) => {
    expect((await signIn(changed)).identity.groups).toEqual(expected);
  });

  test("are not told to who did not ask, but keep out all the same", async () => {
    expect((await signIn({ loadAllGroups: true }, {}, false)).identity.groups).toEqual([]);
    const error = await failureOf(signIn({ orgs: [{ name: "nope", teams: [] }] }, {}, false));
    expect(reasonOf(error)).toBe("in none of the required organisations and teams");
  });

  test.each<[string, GithubUpstream["orgs"]]>([
    ["an organisation they are not in", [{ name: "nope", teams: [] }]],
    ["an organisation where they are no public member", [{ name: "zeta", teams: [] }]],
    ["teams they are not in", [{ name: "acme", teams: ["Ops", "core-team"] }]],
    ["a team of another organisation", [{ name: "acme", teams: ["acme:Core Team"] }]],
  ])("let nobody in for %s", async (_name, orgs) => {
    expect((await failureOf(signIn({ orgs }))).reason).toBe("denied");
  });

  test("come page by page", async () => {
    const link = (page: number): Readonly<Record<string, string>> => ({
      Link: `<https://api.github.com/user/orgs?page=${page}>; rel="next", <https://api.github.com/user/orgs?page=3>; rel="last"`,
    });
    const { site, connector } = await start(all, {
      "/user/orgs": { body: [{ login: "a" }], headers: link(2) },
      "/user/orgs?page=2": { body: [{ login: "b" }], headers: link(3) },
      "/user/orgs?page=3": {
        body: [{ login: "c" }],
        headers: { Link: '<https://api.github.com/user/orgs>; rel="first"' },
      },
    });
    expect((await signInThere(site, connector)).identity.groups).toEqual(["a", "b", "c"]);
  });

  test("that never end are given up", async () => {
    const { site, connector } = await start(all);
    site.answer("GET /user/teams", ({ target }) => {
      const page = Number(new URL(target, "https://api.github.com").searchParams.get("page") ?? 1) + 1;
      return { body: [CORE], headers: { Link: `<https://api.github.com/user/teams?page=${page}>; rel="next"` } };
    });
    const error = await failureOf(signInThere(site, connector));
    expect(reasonOf(error)).toContain("more than 100 pages");
    expect(askedFor(site)).toHaveLength(102);
  });

  test("that come back to a page are given up at once", async () => {
    const headers = { Link: '<https://api.github.com/user/teams?page=2>; rel="next"' };
    const { site, connector } = await start(all, { "/user/teams": { body: [CORE], headers } });
    const error = await failureOf(signInThere(site, connector));
    expect(reasonOf(error)).toContain("go round in a circle");
    expect(askedFor(site)).toHaveLength(4);
  });

  test.each([
    ["refused", { status: 403, body: { message: "Resource protected by organization SAML enforcement" } }, "denied"],
    ["limited", { status: 403, headers: { "X-RateLimit-Remaining": "0" }, body: {} }, "unreachable"],
    ["broken", { status: 500, body: "" }, "unreachable"],
    ["nonsense", { status: 200, body: [] }, "untrusted"],
  ])("let nobody in while the membership is %s", async (_name, answer, reason) => {
    const more = { "/orgs/acme/members/alice": answer };
    const error = await failureOf(signIn({ orgs: [{ name: "acme", teams: [] }] }, more));
    expect(error.reason).toBe(reason as "denied");
  });

  test("of a login are renewed, and end it when they let nobody in any more", async () => {
    const { site, connector } = await start({ orgs: [{ name: "acme", teams: [] }] });
    const login = await signInThere(site, connector);
    site.answer("GET /user/teams", { body: [{ ...CORE, name: "New" }] });
    const renewed = await connector.refresh?.(storedLogin(login), WANTS(false));
    expect(renewed?.identity.groups).toEqual(["acme:New"]);
    site.answer("GET /orgs/acme/members/alice", { status: 404 });
    const refresh = connector.refresh?.(storedLogin(login)) ?? Promise.resolve();
    expect((await failureOf(refresh)).reason).toBe("revoked");
  });

  test("that a renewal does not ask for stay as they were", async () => {
    const { site, connector } = await start(all);
    const login = await signInThere(site, connector);
    const renewed = await connector.refresh?.(storedLogin(login), WANTS(false));
    expect(renewed?.identity.groups).toEqual(["acme", "acme:Core Team", "zeta", "zeta:Ops"]);
  });
});

test("a login keeps its token, and the refresh token where there is one", async () => {
  const { site, connector } = await start();
  expect(keptBy(await signInThere(site, connector))).toMatchObject({ accessToken: "at-1", refreshToken: "rt-1" });
  site.settings.tokenAnswer = { refresh_token: undefined, expires_in: undefined };
  const login = await signInThere(site, connector);
  expect(keptBy(login)).toEqual({ accessToken: "at-2", expiry: "0001-01-01T00:00:00Z" });
});

test("a login that dex v2.45 stored is renewed with its token", async () => {
  const { site, connector } = await start();
  const { identity } = await signInThere(site, connector);
  const connectorData = new TextEncoder().encode('{"accessToken":"at-1"}');
  const renewed = await connector.refresh?.({ identity, tokens: {}, connectorData });
  expect(renewed?.identity).toEqual(identity);
  expect(site.tokenRequests).toHaveLength(1);
});
