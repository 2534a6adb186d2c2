import { afterEach, describe, expect, test } from "bun:test";
import { type FakeAnswer, failureOf, reasonOf, TRANSACTION } from "../../../../test/support/fake-vendor.ts";
import {
  keptBy,
  signInThere,
  startVendorSite,
  VENDOR_OPTIONS,
  type VendorSite,
} from "../../../../test/support/vendor-site.ts";
import type { BitbucketCloudUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import type { RedirectConnector } from "../../connector.ts";
import { createBitbucketConnector } from "./bitbucket-connector.ts";

const open: VendorSite[] = [];
afterEach(async () => {
  for (const site of open.splice(0)) await site.stop();
});

const access = (slug: string): unknown => ({ type: "workspace_access", administrator: false, workspace: { slug } });
const address = (email: string, primary: boolean, confirmed = true): unknown => ({
  type: "email",
  email,
  is_primary: primary,
  is_confirmed: confirmed,
});
const UUID = "{a54f16da-24e9-4d7f-a3a7-b1ba2cd98aa3}";

const API: Readonly<Record<string, FakeAnswer>> = {
  "/2.0/user": { body: { type: "user", username: "alice", uuid: UUID, display_name: "Alice W" } },
  "/2.0/user/emails": { body: { values: [address("old@example.com", false), address("alice@example.com", true)] } },
  "/2.0/user/workspaces": {
    body: { values: [access("acme")], next: "https://api.bitbucket.org/2.0/user/workspaces?page=2" },
  },
  "/2.0/user/workspaces?page=2": { body: { values: [access("zeta")], next: null } },
  "/2.0/user/workspaces/acme/permission": { body: { type: "workspace_membership", permission: "owner" } },
  "/2.0/user/workspaces/zeta/permission": { status: 403, body: { type: "error" } },
};

async function start(
  changed: Partial<BitbucketCloudUpstream> = {},
  more: typeof API = {},
): Promise<{ readonly site: VendorSite; readonly connector: RedirectConnector }> {
  const routes = Object.entries({ ...API, ...more }).map(([path, answer]) => [`GET ${path}`, answer] as const);
  const site = await startVendorSite("/site/oauth2/access_token", () => Object.fromEntries(routes));
  open.push(site);
  const own = { teams: [], getWorkspacePermissions: false };
  const upstream: BitbucketCloudUpstream = { type: "bitbucket-cloud", ...VENDOR_OPTIONS, ...own, ...changed };
  return { site, connector: createBitbucketConnector(site.deps, { id: "up", name: "Up", upstream }) };
}

async function signIn(
  changed: Partial<BitbucketCloudUpstream> = {},
  more: typeof API = {},
  groups = true,
): Promise<Login> {
  const { site, connector } = await start(changed, more);
  return signInThere(site, connector, { groups, offlineAccess: true });
}

describe("somebody of Bitbucket", () => {
  test("is their uuid, with braces, and their confirmed, primary address", async () => {
    const login = await signIn();
    expect(login.identity).toEqual({
      userId: UUID,
      username: "alice",
      preferredUsername: "",
      email: "alice@example.com",
      emailVerified: true,
      groups: ["acme", "zeta"],
    });
    expect(keptBy(login)).toMatchObject({ accessToken: "at-1", refreshToken: "rt-1", expiry: expect.any(String) });
  });

  test("comes back to the callback that is registered there: it is compared with ours, and not sent", async () => {
    const { site, connector } = await start();
    const url = await connector.authorizationUrl(TRANSACTION);
    expect([...url.searchParams.keys()]).toEqual(["client_id", "response_type", "scope", "state"]);
    expect(url.searchParams.get("scope")).toBe("account email");
    await signInThere(site, connector);
    expect([...(site.tokenRequests[0]?.form.keys() ?? [])]).toEqual(["grant_type", "code"]);
    const elsewhere = connector.authorizationUrl({ ...TRANSACTION, redirectUri: "https://elsewhere.example/callback" });
    expect(reasonOf(await failureOf(elsewhere))).toContain("is configured with redirectURI");
  });

  test.each([
    ["no address", []],
    ["no primary one", [address("a@example.com", false)]],
    ["no confirmed one", [address("a@example.com", true, false)]],
  ])("with %s does not enter", async (_name, values) => {
    expect((await failureOf(signIn({}, { "/2.0/user/emails": { body: { values } } }))).reason).toBe("denied");
  });
});

describe("groups of Bitbucket", () => {
  test.each<[string, Partial<BitbucketCloudUpstream>, boolean, readonly string[]]>([
    ["are none for who does not ask", {}, false, []],
    ["are required workspaces", { teams: ["zeta", "nope"] }, false, ["zeta"]],
    [
      "have permissions, as far as they are told",
      { getWorkspacePermissions: true },
      true,
      ["acme", "zeta", "acme:owner"],
    ],
    [
      "can be required with a permission",
      { getWorkspacePermissions: true, teams: ["acme:owner"] },
      false,
      ["acme:owner"],
    ],
  ])("%s", async (_name, changed, groups, expected) => {
    expect((await signIn(changed, {}, groups)).identity.groups).toEqual(expected);
  });

  test("let nobody in who is in none of the required ones", async () => {
    const error = await failureOf(signIn({ teams: ["nope"] }, {}, false));
    expect(reasonOf(error)).toBe("in none of the required workspaces");
  });
});
