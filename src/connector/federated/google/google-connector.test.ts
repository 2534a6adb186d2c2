import { afterEach, describe, expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { startFakeProvider, type FakeProvider } from "../../../../test/support/fake-provider.ts";
import { failureOf, reasonOf, TRANSACTION, vendorDeps } from "../../../../test/support/fake-vendor.ts";
import { googleUpstream } from "../../../../test/support/federated-clouds.ts";
import { atGoogle, type GoogleSite, googleSettings, serviceAccountFile } from "../../../../test/support/google-site.ts";
import type { GoogleUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import type { ConnectorErrorCode } from "../../connector-error.ts";
import type { RedirectConnector, WantedParts } from "../../connector.ts";
import { createGoogleConnector } from "./google-connector.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Who is in which group; `*` stands for a refusal. */
type Memberships = Readonly<Record<string, readonly string[]>>;

interface Scene {
  readonly options?: Partial<GoogleUpstream>;
  readonly claims?: Record<string, unknown>;
  readonly memberships?: Memberships;
  readonly environment?: Readonly<Record<string, string>>;
}

interface Made {
  readonly provider: FakeProvider;
  readonly site: GoogleSite;
  readonly connector: RedirectConnector;
  signIn(wants?: WantedParts): Promise<Login>;
}

async function make({ options = {}, claims = {}, memberships = {}, environment = {} }: Scene): Promise<Made> {
  const provider = await startFakeProvider({ settings: googleSettings(claims) });
  const site = await atGoogle(provider, (userKey) => {
    const groups = memberships[userKey] ?? [];
    return groups.includes("*") ? { status: 403 } : { groups: groups.map((email) => ({ id: "1", email })) };
  });
  const upstream = googleUpstream(provider, options);
  const connector = createGoogleConnector(
    vendorDeps({ fetch: site.fetch }),
    { id: "g", name: "G", upstream },
    environment,
  );
  open.push(
    () => site.stop(),
    () => connector.close?.(),
  );
  const signIn = async (wants?: WantedParts): Promise<Login> => {
    const login = { ...TRANSACTION, ...(wants && { wants }) };
    const url = await connector.authorizationUrl(login);
    return connector.redeem(
      await provider.authorize(new URL(url.href.replace("https://accounts.google.com", provider.issuer))),
      login,
    );
  };
  return { provider, site, connector, signIn };
}

const withAccount = async (options: Partial<GoogleUpstream> = {}): Promise<Partial<GoogleUpstream>> => ({
  serviceAccountFile: await serviceAccountFile(),
  domainToAdminEmail: { "*": "admin@example.com" },
  ...options,
});

describe("the authorization request", () => {
  const BASE = {
    client_id: "gatehouse",
    redirect_uri: TRANSACTION.redirectUri,
    response_type: "code",
    scope: "openid profile email",
    state: "a-state",
  };
  test.each<[string, Partial<GoogleUpstream>, boolean, Record<string, string>]>([
    ["is plain", {}, false, BASE],
    ["asks to be offline", {}, true, { ...BASE, access_type: "offline", prompt: "consent" }],
    ["asks to be offline, otherwise", { promptType: "" }, true, { ...BASE, access_type: "offline", prompt: "" }],
    ["names the domain", { hostedDomains: ["example.com"] }, false, { ...BASE, hd: "example.com" }],
    ["names no one domain of several", { hostedDomains: ["a", "b"] }, false, { ...BASE, hd: "*" }],
    ["asks for other scopes", { scopes: ["email"] }, false, { ...BASE, scope: "openid email" }],
  ])("%s", async (_name, options, offlineAccess, expected) => {
    const { connector } = await make({ options });
    const url = await connector.authorizationUrl({ ...TRANSACTION, wants: { groups: false, offlineAccess } });
    expect(url.origin + url.pathname).toBe("https://accounts.google.com/authorize");
    expect(Object.fromEntries(url.searchParams)).toEqual(expected);
  });
});

describe("somebody", () => {
  test("is who the ID token says, and keeps the refresh token as it is", async () => {
    const { signIn } = await make({
      claims: { hd: "example.com", given_name: "Alice", picture: "https://p.example/a" },
    });
    const { identity, tokens, connectorData } = await signIn();
    expect(identity).toEqual({
      userId: "id-of-alice",
      username: "Alice Example",
      preferredUsername: "",
      email: "alice@example.com",
      emailVerified: true,
      groups: [],
      additionalClaims: { given_name: "Alice", picture: "https://p.example/a" },
    });
    expect(new TextDecoder().decode(connectorData)).toBe(tokens.refreshToken ?? "none");
  });

  test("keeps their name when a renewal does not tell it", async () => {
    const { provider, connector, signIn } = await make({});
    const { identity, connectorData } = await signIn();
    provider.settings.idTokenClaims.name = undefined;
    const renewed = await connector.refresh!({ identity, tokens: {}, connectorData: connectorData! });
    expect(renewed.identity.username).toBe("Alice Example");
  });

  test("cannot be renewed without a refresh token", async () => {
    const { provider, connector, signIn } = await make({});
    provider.settings.refreshTokens = false;
    const { identity, connectorData } = await signIn();
    expect(connectorData).toHaveLength(0);
    const work = connector.refresh!({ identity, tokens: {}, connectorData: connectorData! });
    expect((await failureOf(work)).reason).toBe("unreachable");
  });

  test("is not renewed with what another connector kept under this id", async () => {
    const { provider, connector, signIn } = await make({});
    const { identity } = await signIn();
    const before = provider.tokenForms.length;
    const connectorData = Buffer.from('{"RefreshToken":"c2VjcmV0"}');
    const work = connector.refresh!({ identity, tokens: {}, connectorData });
    expect((await failureOf(work)).reason).toBe("unreachable");
    expect(provider.tokenForms).toHaveLength(before);
  });

  test.each<[string | undefined, readonly string[], boolean]>([
    ["b.example", ["a.example", "b.example"], true],
    ["c.example", ["a.example", "b.example"], false],
    [undefined, ["a.example"], false],
    [undefined, [], true],
  ])("of the domain %j may enter where it is one of %j: %j", async (hd, hostedDomains, mayEnter) => {
    const { provider, signIn, connector } = await make({ options: { hostedDomains }, claims: { hd: "a.example" } });
    const first = hostedDomains.length > 0 ? await signIn() : undefined;
    provider.settings.idTokenClaims.hd = hd;
    if (mayEnter) expect((await signIn()).identity.userId).toBe("id-of-alice");
    else expect((await failureOf(signIn())).reason).toBe("denied");
    if (!mayEnter && first) expect((await failureOf(connector.refresh!(first))).reason).toBe("revoked");
  });
});

describe("groups", () => {
  const memberships: Memberships = {
    "alice@example.com": ["dev@example.com", "ops@example.com"],
    "dev@example.com": ["all@example.com"],
    "ops@example.com": ["all@example.com", "dev@example.com"],
    "all@example.com": ["dev@example.com", "world@example.com"],
  };

  test("are asked for as the administrator of the domain", async () => {
    const domainToAdminEmail = { "example.com": "admin@example.com", "*": "other@example.org" };
    const { site, signIn } = await make({ options: await withAccount({ domainToAdminEmail }), memberships });
    expect((await signIn()).identity.groups).toEqual(["dev@example.com", "ops@example.com"]);
    await signIn();
    expect(site.subjects).toEqual(["admin@example.com"]);
  });

  test.each<[string, Partial<GoogleUpstream>, boolean, readonly string[]]>([
    ["are not told to who did not ask", {}, false, []],
    [
      "may be those of groups too",
      { fetchTransitiveGroupMembership: true },
      true,
      ["dev@example.com", "all@example.com", "world@example.com", "ops@example.com"],
    ],
    ["may be those that are required", { groups: ["ops@example.com", "x"] }, true, ["ops@example.com"]],
    ["that are required are not told to who did not ask", { groups: ["ops@example.com"] }, false, []],
    [
      "are asked of any other domain's administrator",
      { domainToAdminEmail: { "*": "a@b" } },
      true,
      ["dev@example.com", "ops@example.com"],
    ],
  ])("%s", async (_name, options, groups, expected) => {
    const { signIn } = await make({ options: await withAccount(options), memberships });
    expect((await signIn({ groups, offlineAccess: false })).identity.groups).toEqual(expected);
  });

  test("that are required keep everybody else out, whatever was asked for, also later", async () => {
    const changing: Record<string, readonly string[]> = { ...memberships };
    const { connector, signIn } = await make({
      options: await withAccount({ groups: ["dev@example.com"] }),
      memberships: changing,
    });
    const wants = { groups: false, offlineAccess: true };
    const login = await signIn(wants);
    changing["alice@example.com"] = ["ops@example.com"];
    expect((await failureOf(signIn(wants))).reason).toBe("denied");
    expect((await failureOf(connector.refresh!(login, wants))).reason).toBe("revoked");
  });

  test("cannot be required where nobody can be asked", async () => {
    const { connector } = await make({ options: { groups: ["dev@example.com"] } });
    const error = await failureOf(connector.authorizationUrl(TRANSACTION));
    expect([error.reason, reasonOf(error)]).toEqual(["unreachable", expect.stringContaining("domainToAdminEmail")]);
    expect(connector.status()).toMatchObject({ reachable: false });
  });

  test.each<[string, Scene, ConnectorErrorCode]>([
    ["Google refuses to tell them", { memberships: { "alice@example.com": ["*"] } }, "unreachable"],
    [
      "a group's own cannot be asked for",
      {
        options: { fetchTransitiveGroupMembership: true },
        memberships: { ...memberships, "dev@example.com": ["*"] },
      },
      "unreachable",
    ],
    ["the domain has no administrator", { options: { domainToAdminEmail: { "b.example": "a@b.example" } } }, "denied"],
    ["they have no address", { claims: { email: undefined } }, "denied"],
    ["the account's file is not there", { options: { serviceAccountFile: "/nonexistent/key.json" } }, "unreachable"],
  ])("let nobody in when %s", async (_name, scene, reason) => {
    const { signIn } = await make({ memberships, ...scene, options: await withAccount(scene.options) });
    expect((await failureOf(signIn())).reason).toBe(reason);
  });

  test("are not followed for ever", async () => {
    const endless = new Proxy<Record<string, readonly string[]>>({}, { get: (_, name) => [`${String(name)}x`] });
    const options = await withAccount({ fetchTransitiveGroupMembership: true });
    const { signIn } = await make({ options, memberships: endless });
    expect((await failureOf(signIn())).reason).toBe("untrusted");
  });
});

describe("the account", () => {
  const memberships = { "alice@example.com": ["dev@example.com"] };
  const domainToAdminEmail = { "*": "admin@example.com" };

  test("may be that of the default credentials' file, which signs for itself", async () => {
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: await serviceAccountFile() };
    const { site, signIn } = await make({ options: { domainToAdminEmail }, memberships, environment });
    expect((await signIn()).identity.groups).toEqual(["dev@example.com"]);
    expect(site.subjects).toEqual(["admin@example.com"]);
  });

  test("may be the machine's own, which has its grants signed", async () => {
    const environment = { GCE_METADATA_HOST: "metadata.google.internal", HOME: "/nonexistent" };
    const { site, signIn } = await make({ options: { domainToAdminEmail }, memberships, environment });
    const account = "metadata.google.internal/computeMetadata/v1/instance/service-accounts/default";
    const { routes } = site.vendor;
    routes[`GET /${account}/token`] = { body: { access_token: "at-machine", expires_in: 3600 } };
    routes[`GET /${account}/email`] = { body: "machine@project.iam.gserviceaccount.com" };
    const signer = "machine%40project.iam.gserviceaccount.com:signJwt";
    routes[`POST /iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${signer}`] = ({ body }) => {
      const { payload } = JSON.parse(body) as { payload: string };
      return { body: { signedJwt: `e30.${Buffer.from(payload).toString("base64url")}.x` } };
    };
    expect((await signIn()).identity.groups).toEqual(["dev@example.com"]);
    expect(site.subjects).toEqual(["admin@example.com"]);
  });

  test("is looked for again when its file was not there", async () => {
    const file = await serviceAccountFile();
    const key = await Bun.file(file).text();
    await rm(file);
    const { signIn } = await make({ options: { domainToAdminEmail, serviceAccountFile: file }, memberships });
    expect((await failureOf(signIn())).reason).toBe("unreachable");
    await writeFile(file, key);
    expect((await signIn()).identity.groups).toEqual(["dev@example.com"]);
  });
});
