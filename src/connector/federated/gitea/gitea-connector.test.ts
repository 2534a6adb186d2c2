import { afterEach, describe, expect, test } from "bun:test";
import { failureOf } from "../../../../test/support/fake-vendor.ts";
import { signInThere, startVendorSite, VENDOR_OPTIONS, type VendorSite } from "../../../../test/support/vendor-site.ts";
import type { GiteaUpstream, OrganisationRule } from "../../../config/dex-vendor-configuration.ts";
import type { Identity } from "../../../protocol/identity.ts";
import { createGiteaConnector } from "./gitea-connector.ts";

const open: VendorSite[] = [];
afterEach(async () => {
  for (const site of open.splice(0)) await site.stop();
});

const team = (organisation: string, name: string): unknown => ({
  id: 1,
  name,
  permission: "write",
  organization: { id: 1, name: organisation, username: organisation },
});
const TEAMS = [team("acme", "core"), team("acme", "ops"), team("zeta", "x")];
const ALICE = { id: 12, login: "alice", full_name: "Alice W", email: "alice@example.com", is_admin: false };

async function start(user: unknown, teams: readonly unknown[]): Promise<VendorSite> {
  const pages = (target: string): readonly unknown[] => {
    const page = Number(new URL(target, "http://gitea").searchParams.get("page"));
    return teams.slice((page - 1) * 20, page * 20);
  };
  const site = await startVendorSite("/login/oauth/access_token", () => ({
    "GET /api/v1/user": { body: user },
    "GET /api/v1/user/teams": ({ target }) => ({ body: pages(target) }),
  }));
  open.push(site);
  return site;
}

async function signIn(
  changed: Partial<GiteaUpstream> = {},
  user: unknown = ALICE,
  teams: readonly unknown[] = TEAMS,
): Promise<Identity> {
  const site = await start(user, teams);
  const options = { baseUrl: "https://gitea.example.com", orgs: [], loadAllGroups: false, useLoginAsId: false };
  const upstream: GiteaUpstream = { type: "gitea", ...VENDOR_OPTIONS, ...options, ...changed };
  return (await signInThere(site, createGiteaConnector(site.deps, { id: "up", name: "Up", upstream }))).identity;
}

describe("somebody of Gitea", () => {
  test.each<[string, Partial<GiteaUpstream>, Readonly<Record<string, unknown>>, Partial<Identity>]>([
    ["their number", {}, {}, { userId: "12", username: "Alice W", preferredUsername: "alice", emailVerified: true }],
    ["their login", { useLoginAsId: true }, {}, { userId: "alice" }],
    ["their address where they have no name", {}, { full_name: "" }, { username: "alice@example.com" }],
    ["nobody by name where they have no address either", {}, { full_name: "", email: "" }, { username: "", email: "" }],
  ])("is %s", async (_name, changed, user, expected) => {
    expect(await signIn(changed, { ...ALICE, ...user })).toMatchObject(expected);
  });
});

describe("groups of Gitea", () => {
  const orgs = (...rules: readonly OrganisationRule[]): Partial<GiteaUpstream> => ({ orgs: rules });

  test.each<[string, Partial<GiteaUpstream>, readonly string[]]>([
    ["are none unless they are configured", {}, []],
    ["are all there are", { loadAllGroups: true }, ["acme", "acme:core", "acme:ops", "zeta", "zeta:x"]],
    ["are configured organisations", orgs({ name: "acme", teams: [] }), ["acme"]],
    ["are configured teams with their organisation", orgs({ name: "acme", teams: ["core"] }), ["acme", "acme:core"]],
    [
      "are all that is configured, when one of it lets somebody in",
      orgs({ name: "acme", teams: ["nope"] }, { name: "zeta", teams: [] }),
      ["acme", "zeta"],
    ],
  ])("%s", async (_name, changed, expected) => {
    expect((await signIn(changed)).groups).toEqual(expected);
  });

  test.each<[string, Partial<GiteaUpstream>]>([
    ["an organisation they are not in", orgs({ name: "nope", teams: [] })],
    ["teams of their organisation that they are not in", orgs({ name: "acme", teams: ["nope", "x"] })],
  ])("let nobody in for %s", async (_name, changed) => {
    expect((await failureOf(signIn(changed))).reason).toBe("denied");
  });

  test("come page by page, each named once", async () => {
    const teams = Array.from({ length: 45 }, (_, index) => team("acme", `t${index}`));
    const { groups } = await signIn({ loadAllGroups: true }, ALICE, teams);
    expect(groups).toHaveLength(46);
    expect(groups.filter((group) => group === "acme")).toHaveLength(1);
    expect(open[0]?.vendor.asked().map((request) => request.split(" ")[1])).toContain(
      "/api/v1/user/teams?page=4&limit=20",
    );
  });

  test("are found where only the newer name of an organisation is told", async () => {
    const named = [{ name: "core", organization: { id: 1, name: "acme" } }];
    expect((await signIn({ loadAllGroups: true }, ALICE, named)).groups).toEqual(["acme", "acme:core"]);
  });
});
