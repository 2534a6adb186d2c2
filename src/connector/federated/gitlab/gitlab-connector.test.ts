import { afterEach, describe, expect, test } from "bun:test";
import {
  type FakeAnswer,
  type FakeRequest,
  failureOf,
  reasonOf,
  TRANSACTION,
} from "../../../../test/support/fake-vendor.ts";
import {
  keptBy,
  signInThere,
  startVendorSite,
  storedLogin,
  VENDOR_CLIENT,
  VENDOR_OPTIONS,
  type VendorSite,
} from "../../../../test/support/vendor-site.ts";
import type { GitlabUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { Identity, Login } from "../../../protocol/identity.ts";
import type { RedirectConnector, WantedParts } from "../../connector.ts";
import { createGitlabConnector } from "./gitlab-connector.ts";

const open: VendorSite[] = [];
afterEach(async () => {
  for (const site of open.splice(0)) await site.stop();
});

const ALICE = {
  id: 4711,
  username: "alice.w",
  name: "Alice W",
  state: "active",
  email: "alice@example.com",
  confirmed_at: "2024-01-01T00:00:00.000Z",
};
const USERINFO = {
  sub: "4711",
  groups: ["acme", "acme/dev", "acmeother", "other"],
  "https://gitlab.org/claims/groups/owner": ["acme"],
  "https://gitlab.org/claims/groups/maintainer": ["acme/dev"],
  "https://gitlab.org/claims/groups/developer": ["acmeother"],
};
const group = (id: number, path: string): unknown => ({ id, full_path: path, path: path.split("/").at(-1) });

const API: Readonly<Record<string, FakeAnswer | ((request: FakeRequest) => FakeAnswer)>> = {
  "/api/v4/user": { body: ALICE },
  "/oauth/userinfo": { body: USERINFO },
  "/api/v4/groups": {
    body: [group(1, "acme"), group(2, "acme/dev"), group(3, "solo"), group(4, "hidden"), group(5, "odd")],
  },
  "/api/v4/groups/3/members/all/4711": { body: { id: 4711, username: "alice.w", access_level: 20 } },
  "/api/v4/groups/4/members/all/4711": { status: 404, body: { message: "404 Not found" } },
  "/api/v4/groups/5/members/all/4711": { body: { id: 4711, access_level: 99 } },
};

interface Started {
  readonly site: VendorSite;
  readonly connector: RedirectConnector;
}

async function start(changed: Partial<GitlabUpstream> = {}, more: typeof API = {}): Promise<Started> {
  const routes = Object.entries({ ...API, ...more }).map(([path, answer]) => [`GET ${path}`, answer] as const);
  const site = await startVendorSite("/oauth/token", () => Object.fromEntries(routes));
  open.push(site);
  const connector = createGitlabConnector(site.deps, {
    id: "up",
    name: "Up",
    upstream: {
      type: "gitlab",
      ...VENDOR_OPTIONS,
      baseUrl: "https://gitlab.example.com",
      groups: [],
      useLoginAsId: false,
      getGroupsPermission: false,
      inheritedGroups: false,
      ...changed,
    },
  });
  return { site, connector };
}

const WANTS = (groups: boolean): WantedParts => ({ groups, offlineAccess: true });

async function signIn(changed: Partial<GitlabUpstream> = {}, more: typeof API = {}, groups = true): Promise<Login> {
  const { site, connector } = await start(changed, more);
  return signInThere(site, connector, WANTS(groups));
}

describe("somebody of GitLab", () => {
  test.each<[string, Partial<GitlabUpstream>, Readonly<Record<string, unknown>>, Partial<Identity>]>([
    [
      "their number",
      {},
      {},
      { userId: "4711", username: "Alice W", preferredUsername: "alice.w", emailVerified: true },
    ],
    ["their login", { useLoginAsId: true }, {}, { userId: "alice.w" }],
    ["their address where they have no name", {}, { name: "" }, { username: "alice@example.com" }],
    ["verified where GitLab does not tell", {}, { confirmed_at: undefined }, { emailVerified: true }],
    ["not verified where GitLab says so", {}, { confirmed_at: null }, { emailVerified: false }],
  ])("is %s", async (_name, changed, user, expected) => {
    const login = await signIn(changed, { "/api/v4/user": { body: { ...ALICE, ...user } } });
    expect(login.identity).toMatchObject(expected);
  });

  test.each<[string, Partial<GitlabUpstream>, boolean, string]>([
    ["nothing more", {}, false, "read_user"],
    ["groups that are asked for", {}, true, "read_user openid"],
    ["groups that are required", { groups: ["acme"] }, false, "read_user openid"],
    ["inherited groups", { inheritedGroups: true }, true, "read_user openid read_api"],
    ["no inherited groups when none are asked for", { inheritedGroups: true }, false, "read_user"],
  ])("is asked for %s", async (_name, changed, groups, scope) => {
    const { connector } = await start(changed);
    const url = await connector.authorizationUrl({ ...TRANSACTION, wants: WANTS(groups) });
    expect(url.searchParams.get("scope")).toBe(scope);
  });
});

describe("groups of GitLab", () => {
  const withPermissions = { getGroupsPermission: true };
  const inherited = { inheritedGroups: true };

  test.each<[string, Partial<GitlabUpstream>, readonly string[]]>([
    ["are those of userinfo", {}, USERINFO.groups],
    ["are required ones", { groups: ["other", "acme/dev", "nope"] }, ["acme/dev", "other"]],
    [
      "have permissions, also by a group above them, the highest first",
      withPermissions,
      [...USERINFO.groups, "acme:owner", "acme/dev:owner", "acmeother:developer"],
    ],
    ["can be required with a permission", { ...withPermissions, groups: ["acme/dev:owner"] }, ["acme/dev:owner"]],
    ["are inherited ones", inherited, ["acme", "acme/dev", "solo", "hidden", "odd"]],
    [
      "are inherited ones with permissions, as far as GitLab tells",
      { ...inherited, ...withPermissions },
      ["acme", "acme/dev", "solo", "hidden", "odd", "acme:owner", "acme/dev:owner", "solo:reporter"],
    ],
  ])("%s", async (_name, changed, expected) => {
    expect((await signIn(changed)).identity.groups).toEqual(expected);
  });

  test("are not told to who did not ask, but keep out all the same", async () => {
    expect((await signIn({}, {}, false)).identity.groups).toEqual([]);
    const error = await failureOf(signIn({ groups: ["nope"] }, {}, false));
    expect(reasonOf(error)).toBe("in none of the required groups");
  });

  test("that are inherited come page by page", async () => {
    const all = Array.from({ length: 201 }, (_, index) => group(index + 1, `g${index}`));
    const { site, connector } = await start(inherited, {
      "/api/v4/groups": ({ target }) => {
        const page = Number(new URL(target, "http://gitlab").searchParams.get("page"));
        return { body: all.slice((page - 1) * 100, page * 100) };
      },
    });
    expect((await signInThere(site, connector)).identity.groups).toHaveLength(201);
    const asked = site.vendor.requests.map(({ target }) => target).filter((target) => target.includes("/groups?"));
    expect(asked).toEqual([1, 2, 3].map((page) => `/api/v4/groups?all_available=false&page=${page}&per_page=100`));
  });

  test("whose permission cannot be asked for let nobody in", async () => {
    const more = { "/api/v4/groups/3/members/all/4711": { status: 500 } };
    expect((await failureOf(signIn({ ...inherited, ...withPermissions }, more))).reason).toBe("unreachable");
  });
});

describe("a renewal", () => {
  test("uses the refresh token always, and keeps what dex keeps", async () => {
    const { site, connector } = await start();
    const login = await signInThere(site, connector);
    expect(keptBy(login)).toEqual({ accessToken: "at-1", refreshToken: "rt-1" });
    const renewed = await connector.refresh?.(storedLogin(login));
    expect(renewed?.identity).toEqual(login.identity);
    expect(renewed && keptBy(renewed)).toEqual({ accessToken: "at-2", refreshToken: "rt-2" });
  });

  test("uses the access token where there is no refresh token", async () => {
    const { site, connector } = await start();
    site.settings.tokenAnswer = { refresh_token: undefined };
    const login = await signInThere(site, connector);
    expect(keptBy(login)).toEqual({ accessToken: "at-1", refreshToken: "" });
    expect((await connector.refresh?.(storedLogin(login)))?.identity).toEqual(login.identity);
    expect(site.tokenRequests).toHaveLength(1);
  });

  test("ends the login when the refresh token is refused", async () => {
    const { site, connector } = await start();
    const login = await signInThere(site, connector);
    site.revoke();
    const refresh = connector.refresh?.(storedLogin(login)) ?? Promise.resolve();
    expect((await failureOf(refresh)).reason).toBe("revoked");
  });
});

describe("a GitLab token that a client exchanges", () => {
  const exchange = async (info: FakeAnswer, token = "at-1"): Promise<Login> => {
    const { site, connector } = await start({}, { "/oauth/token/info": info });
    await signInThere(site, connector); // makes at-1 a token that holds
    return connector.exchangeToken?.({ kind: "access_token", token }) ?? Promise.reject(new Error("no exchange"));
  };
  const ofApplication = (uid: string | null): FakeAnswer => ({
    body: { resource_owner_id: 4711, scope: ["read_user"], expires_in: 7000, application: { uid }, created_at: 1 },
  });
  const UNKNOWN = { status: 401, body: { error: "invalid_token" } };

  test.each<[string, FakeAnswer]>([
    ["issued to us", ofApplication(VENDOR_CLIENT.id)],
    ["issued to no application", ofApplication(null)],
    ["that is somebody's own: GitLab does not speak of those", UNKNOWN],
  ])("%s signs its owner in, with groups, and keeps nothing", async (_name, info) => {
    const { identity, connectorData } = await exchange(info);
    expect(identity).toMatchObject({ userId: "4711", username: "Alice W", groups: USERINFO.groups });
    expect(connectorData).toBeUndefined();
  });

  test.each<[string, FakeAnswer, string, string]>([
    ["that another application got", ofApplication("another"), "at-1", "denied"],
    ["that GitLab does not know", UNKNOWN, "made-up", "denied"],
    ["that is two", UNKNOWN, "at-1 at-1", "denied"],
    ["that would be a header of its own", UNKNOWN, "at-1\r\nX: y", "denied"],
    ["that is empty", UNKNOWN, "", "denied"],
    ["while GitLab cannot say whose it is", { status: 502 }, "at-1", "unreachable"],
    ["when GitLab says nonsense about it", { body: [] }, "at-1", "untrusted"],
  ])("%s signs nobody in", async (_name, info, token, reason) => {
    expect((await failureOf(exchange(info, token))).reason).toBe(reason as "denied");
  });

  test("signs nobody in who is in none of the required groups", async () => {
    const { site, connector } = await start({ groups: ["acme"] });
    await signInThere(site, connector);
    site.answer("GET /oauth/userinfo", { body: { ...USERINFO, groups: ["other"] } });
    const login = connector.exchangeToken?.({ kind: "access_token", token: "at-1" });
    const error = await failureOf(login ?? Promise.resolve());
    expect(reasonOf(error)).toBe("in none of the required groups");
  });
});
