import { afterEach, describe, expect, test } from "bun:test";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type FakeAnswer,
  type FakeRequest,
  failureOf,
  reasonOf,
  TRANSACTION,
} from "../../../../test/support/fake-vendor.ts";
import { microsoftUpstream } from "../../../../test/support/federated-clouds.ts";
import {
  keptBy,
  signInThere,
  startVendorSite,
  storedLogin,
  type VendorSite,
} from "../../../../test/support/vendor-site.ts";
import type { MicrosoftUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { RedirectConnector, WantedParts } from "../../connector.ts";
import { NotAdmittedError } from "../../connector-error.ts";
import { createMicrosoftConnector } from "./microsoft-connector.ts";

const open: VendorSite[] = [];
afterEach(async () => {
  for (const site of open.splice(0)) await site.stop();
});

const ME = "GET /v1.0/me";
const IDS = "POST /v1.0/me/getMemberGroups";
const NAMES = "POST /v1.0/directoryObjects/getByIds";
const ALICE = {
  id: "id-1",
  displayName: "Alice W",
  userPrincipalName: "Alice@Example.com",
  mailNickname: "alice.w",
  onPremisesSamAccountName: "awonder",
};
const WITHOUT_GROUPS: WantedParts = { groups: false, offlineAccess: true };

interface Scene {
  readonly site: VendorSite;
  readonly connector: RedirectConnector;
  /** What the interface was asked, with bodies. */
  readonly asked: () => readonly string[];
}

async function start(
  options: Partial<MicrosoftUpstream> = {},
  routes: Record<string, FakeAnswer | ((request: FakeRequest) => FakeAnswer)> = {},
): Promise<Scene> {
  const tenant = options.tenant ?? "contoso";
  const site = await startVendorSite(`/${tenant}/oauth2/v2.0/token`, () => ({
    [ME]: { body: ALICE },
    [IDS]: { body: { value: ["g1", "g2"] } },
    [NAMES]: {
      body: {
        value: [
          { id: "g1", displayName: "Admins" },
          { id: "g2", displayName: "Dev" },
        ],
      },
    },
    ...routes,
  }));
  open.push(site);
  const connector = createMicrosoftConnector(site.deps, { id: "ms", name: "MS", upstream: microsoftUpstream(options) });
  const asked = (): readonly string[] =>
    site.vendor.requests
      .filter(({ target }) => target.startsWith("/v1.0"))
      .map(({ method, target, body }) => `${method} ${target} ${body}`.trim());
  return { site, connector, asked };
}

describe("the authorization request", () => {
  const NOTHING: WantedParts = { groups: false, offlineAccess: false };
  const GROUPS: WantedParts = { groups: true, offlineAccess: false };

  test.each<[string, Partial<MicrosoftUpstream>, WantedParts, string]>([
    ["asks for little", {}, NOTHING, "scope=user.read"],
    ["asks for groups", {}, GROUPS, "scope=user.read+directory.read.all"],
    ["asks for required groups", { groups: ["x"] }, NOTHING, "scope=user.read+directory.read.all"],
    ["asks to come back", {}, WITHOUT_GROUPS, "scope=user.read+offline_access"],
    ["asks for no groups of everybody", { tenant: "common" }, GROUPS, "scope=user.read"],
    ["asks for other scopes", { scopes: ["a"] }, NOTHING, "scope=a"],
    [
      "says how",
      { promptType: "select_account", domainHint: "example.com" },
      NOTHING,
      "domain_hint=example.com&prompt=select_account&scope=user.read",
    ],
  ])("%s", async (_name, options, wants, expected) => {
    const { connector } = await start(options);
    const url = await connector.authorizationUrl({ ...TRANSACTION, wants });
    const { tenant = "contoso" } = options;
    expect(url.origin + url.pathname).toBe(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/authorize`);
    ["client_id", "redirect_uri", "response_type", "state"].forEach((name) => url.searchParams.delete(name));
    expect(url.searchParams.toString()).toBe(expected);
  });
});

describe("somebody", () => {
  test.each<[string, Partial<MicrosoftUpstream>, object]>([
    [
      "has their principal name as address",
      {},
      { userId: "id-1", username: "Alice W", email: "Alice@Example.com", emailVerified: true, preferredUsername: "" },
    ],
    ["may have it in lower case", { emailToLowercase: true }, { email: "alice@example.com" }],
    ["may be called by their name", { preferredUsernameField: "name" }, { preferredUsername: "Alice W" }],
    [
      "may be called by their address",
      { preferredUsernameField: "email", emailToLowercase: true },
      { preferredUsername: "alice@example.com" },
    ],
    ["may be called by their nickname", { preferredUsernameField: "mailNickname" }, { preferredUsername: "alice.w" }],
    [
      "may be called by their old account",
      { preferredUsernameField: "onPremisesSamAccountName" },
      { preferredUsername: "awonder" },
    ],
    ["is not called by what there is not", { preferredUsernameField: "constructor" }, { preferredUsername: "" }],
  ])("%s, also later", async (_name, options, expected) => {
    const { site, connector } = await start(options);
    const login = await signInThere(site, connector, WITHOUT_GROUPS);
    expect(login.identity).toMatchObject(expected);
    expect((await connector.refresh!(storedLogin(login), WITHOUT_GROUPS)).identity).toEqual(login.identity);
  });
});

describe("groups", () => {
  test("are looked up by id, then named", async () => {
    const { site, connector, asked } = await start({ onlySecurityGroups: true });
    expect((await signInThere(site, connector)).identity.groups).toEqual(["Admins", "Dev"]);
    expect(asked()).toEqual([
      "GET /v1.0/me?$select=id,displayName,userPrincipalName,mailNickname,onPremisesSamAccountName",
      'POST /v1.0/me/getMemberGroups {"securityEnabledOnly":true}',
      'POST /v1.0/directoryObjects/getByIds {"ids":["g1","g2"],"types":["group"]}',
    ]);
  });

  test.each<[string, Partial<MicrosoftUpstream>, WantedParts | undefined, readonly string[]]>([
    ["may be ids", { groupNameFormat: "id" }, undefined, ["g1", "g2"]],
    ["are not told to who did not ask", {}, WITHOUT_GROUPS, []],
    ["are told where one is required", { groups: ["Dev", "x"] }, WITHOUT_GROUPS, ["Admins", "Dev"]],
    ["may be those that are required only", { groups: ["Dev", "x"], useGroupsAsWhitelist: true }, undefined, ["Dev"]],
    ["are none of everybody's", { tenant: "organizations" }, undefined, []],
  ])("%s", async (_name, options, wants, expected) => {
    const { site, connector } = await start(options);
    expect((await signInThere(site, connector, wants)).identity.groups).toEqual(expected);
  });

  test("that are required keep everybody else out, also later, and say so", async () => {
    const { site, connector } = await start({ groups: ["Dev"] });
    const login = await signInThere(site, connector, WITHOUT_GROUPS);
    site.answer(IDS, { body: { value: [] } });
    const error = await failureOf(signInThere(site, connector, WITHOUT_GROUPS));
    expect(error).toBeInstanceOf(NotAdmittedError);
    expect((await failureOf(connector.refresh!(storedLogin(login), WITHOUT_GROUPS))).reason).toBe("revoked");
  });

  test.each(["common", "consumers", "organizations"])("cannot be required of the tenant %s", async (tenant) => {
    const { site, connector } = await start({ tenant, groups: ["Dev"] });
    const error = await failureOf(connector.authorizationUrl(TRANSACTION));
    expect([error.reason, reasonOf(error)]).toEqual(["unreachable", expect.stringContaining("set the tenant")]);
    expect(connector.status()).toMatchObject({ reachable: false, reason: expect.stringContaining(tenant) });
    const callback = await site.signIn(new URL("https://login.microsoftonline.com/?state=a-state"));
    expect((await failureOf(connector.redeem(callback, TRANSACTION))).reason).toBe("unreachable");
  });

  test("come page by page, and are named a thousand at once", async () => {
    const ids = Array.from({ length: 2500 }, (_, index) => `g${index}`);
    const { site, connector, asked } = await start(
      {},
      {
        [IDS]: {
          body: {
            value: ids.slice(0, 2000),
            "@odata.nextLink": "https://graph.microsoft.com/v1.0/me/getMemberGroups?$skip=2000",
          },
        },
        [`${IDS}?$skip=2000`]: { body: { value: ids.slice(2000) } },
        [NAMES]: ({ body }) => ({
          body: { value: (JSON.parse(body) as { ids: string[] }).ids.map((id) => ({ displayName: `name of ${id}` })) },
        }),
      },
    );
    const { groups } = (await signInThere(site, connector)).identity;
    expect([groups.length, groups[2499]]).toEqual([2500, "name of g2499"]);
    expect(asked().filter((line) => line.includes("getByIds"))).toHaveLength(3);
  });

  test("that Graph does not show are no groups", async () => {
    const denied = { error: { code: "Authorization_RequestDenied", message: "Insufficient privileges" } };
    const { site, connector } = await start({}, { [IDS]: { status: 403, body: denied } });
    expect((await failureOf(signInThere(site, connector))).reason).toBe("denied");
  });
});

describe("tokens", () => {
  test("are kept under dex's names, used while they hold, then renewed", async () => {
    const { site, connector } = await start();
    const login = await signInThere(site, connector);
    expect(JSON.stringify(keptBy(login))).toMatch(
      /^\{"accessToken":"at-1","refreshToken":"rt-1","expiry":"\d{4}-[\dT:.-]+Z"\}$/,
    );
    const again = await connector.refresh!(storedLogin(login));
    expect(keptBy(again)).toEqual(keptBy(login));
    site.settings.clockOffset = 3600;
    expect(keptBy(await connector.refresh!(storedLogin(again)))).toMatchObject({
      accessToken: "at-2",
      refreshToken: "rt-2",
    });
  });

  test("are asked for with an assertion in place of the secret, read anew each time", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "assertion-")), "token");
    const { site, connector } = await start({ clientAssertionFile: file });
    const forms = (): (string | null)[][] =>
      site.tokenRequests.map(({ form }) =>
        ["client_id", "client_assertion", "client_assertion_type", "client_secret"].map((name) => form.get(name)),
      );
    const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    site.settings.unknownClient = { body: { access_token: "at-x" } };
    expect((await failureOf(signInThere(site, connector))).reason).toBe("unreachable");
    await writeFile(file, "one\n");
    await signInThere(site, connector).catch(() => undefined);
    await writeFile(file, "two\n");
    await signInThere(site, connector).catch(() => undefined);
    expect(forms()).toEqual([
      ["vendor-client", "one", type, null],
      ["vendor-client", "two", type, null],
    ]);
  });
});
