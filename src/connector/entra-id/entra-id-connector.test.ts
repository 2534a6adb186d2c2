import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALICE, oidcOptions, refresh, signIn, startFakeOidcVendor } from "../../../test/support/fake-oidc-vendor.ts";
import { failureOf, reasonOf, vendorDeps } from "../../../test/support/fake-vendor.ts";
import type { EntraIdConnectorConfiguration } from "../../config/connector-configuration.ts";
import { createEntraIdConnector } from "./entra-id-connector.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const TENANT = "11111111-1111-1111-1111-111111111111";
const ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;
/** As documented at https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference#groups-overage-claim */
const OVERAGE = {
  _claim_names: { groups: "src1" },
  _claim_sources: { src1: { endpoint: `https://graph.microsoft.com/v1.0/users/7/getMemberObjects` } },
};
const FIRST = "GET /graph/v1.0/me/transitiveMemberOf?$select=id&$top=100";
const page = (ids: readonly string[], nextLink?: string) => ({
  body: {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryObjects(id)",
    ...(nextLink && { "@odata.nextLink": nextLink }),
    value: ids.map((id) => ({ "@odata.type": "#microsoft.graph.group", id })),
  },
});
const NEXT = "https://graph.microsoft.com/v1.0/me/transitiveMemberOf?$skiptoken=two";

async function start(changed: Partial<EntraIdConnectorConfiguration> = {}) {
  const vendor = await startFakeOidcVendor({
    [FIRST]: page(["g1", "g2"], NEXT),
    "GET /graph/v1.0/me/transitiveMemberOf?$skiptoken=two": page(["g2", "g3"]),
  });
  const options = {
    type: "entra-id",
    allowedTenants: [],
    federatedTokenAuth: false,
    ...oidcOptions(vendor, { issuer: "https://login.microsoftonline.com/common/v2.0", skipIssuerVerification: true }),
    ...changed,
  } as const;
  vendor.tokens.idToken = { ...ALICE, iss: ISSUER };
  open.push(vendor.stop);
  return { vendor, connector: createEntraIdConnector(vendorDeps({ fetch: vendor.fetch }), options) };
}

describe("tenants", () => {
  const invalid = "connector_invalid_login";
  test.each([
    ["allowed", ISSUER, [TENANT], "in"],
    ["any", ISSUER, [], "in"],
    ["another", ISSUER.replaceAll("1111-", "2222-"), [TENANT], invalid],
    ["not Microsoft", `https://evil.example/${TENANT}/v2.0`, [TENANT], invalid],
    ["a look-alike", `https://login.microsoftonline.com.evil.example/${TENANT}/v2.0`, [], invalid],
    ["with a line end", `${ISSUER}\n`, [], invalid],
    ["version 1", `https://sts.windows.net/${TENANT}/`, [], invalid],
  ])("%s", async (_name, iss, allowedTenants, expected) => {
    const { vendor, connector } = await start({ allowedTenants });
    vendor.tokens.idToken = { ...ALICE, iss };
    const ending = await signIn(connector).then(
      () => "in",
      (error: { code?: string }) => error.code,
    );
    expect(ending).toBe(expected);
    const bearer = await connector.verifyBearer?.(await vendor.sign({ ...ALICE, iss }));
    expect(bearer !== undefined).toBe(expected === "in");
  });

  test("are asked about at a renewal and in validation", async () => {
    const { vendor, connector } = await start({ allowedTenants: [TENANT] });
    const login = await signIn(connector);
    expect(await connector.validate?.(login)).toBe(true);
    const stolen = await vendor.sign({ ...ALICE, iss: ISSUER.replaceAll("1111-", "2222-") });
    expect(await connector.validate?.({ ...login, tokens: { ...login.tokens, idToken: stolen } })).toBe(false);
    vendor.tokens.idToken = { ...ALICE, iss: ISSUER.replaceAll("1111-", "2222-") };
    expect((await failureOf(refresh(connector, login))).reason).toBe("revoked");
  });
});

describe("group overage", () => {
  const overage = { ...ALICE, iss: ISSUER, groups: undefined, ...OVERAGE };

  test("is read at Graph, page by page, and only then", async () => {
    const { vendor, connector } = await start({ skipUserinfo: true });
    expect((await signIn(connector)).identity.groups).toEqual(["admins", "dev"]);
    expect(vendor.asked()).toEqual([]);
    vendor.tokens.idToken = overage;
    expect((await signIn(connector)).identity.groups).toEqual(["g1", "g2", "g3"]);
    expect(vendor.asked()).toEqual([
      `${FIRST} Bearer at-1`,
      "GET /graph/v1.0/me/transitiveMemberOf?$skiptoken=two Bearer at-1",
    ]);
    expect(vendor.requests.at(-1)?.headers.get("consistencylevel")).toBe("eventual");
  });

  test.each([401, 403, 429, 500, 503])(
    "gives no groups while Graph answers %d, and keeps them at a renewal",
    async (status) => {
      const { vendor, connector } = await start({ skipUserinfo: true });
      vendor.tokens.idToken = overage;
      const login = await signIn(connector);
      vendor.routes["GET /graph/v1.0/me/transitiveMemberOf?$skiptoken=two"] = { status, body: { error: {} } };
      expect((await refresh(connector, login)).identity.groups).toEqual(["g1", "g2", "g3"]);
      expect((await signIn(connector)).identity.groups).toEqual([]);
    },
  );

  test("is read again at a renewal", async () => {
    const { vendor, connector } = await start({ skipUserinfo: true });
    vendor.tokens.idToken = overage;
    const login = await signIn(connector);
    vendor.routes[FIRST] = page(["g9"]);
    expect((await refresh(connector, login)).identity.groups).toEqual(["g9"]);
    vendor.tokens.idToken = undefined;
    vendor.routes[FIRST] = page([]);
    expect((await refresh(connector, login)).identity.groups).toEqual([]);
  });

  test("does not take the access token to another server, nor go on for ever", async () => {
    const { vendor, connector } = await start({ skipUserinfo: true });
    vendor.tokens.idToken = overage;
    vendor.routes[FIRST] = page(["g1"], `${vendor.url}/steal`);
    expect((await signIn(connector)).identity.groups).toEqual([]);
    expect(vendor.asked().join()).not.toContain("/steal");
    vendor.routes[FIRST] = page(["g1"], NEXT.replace("$skiptoken=two", "$select=id&$top=100"));
    expect((await signIn(connector)).identity.groups).toEqual([]);
  });
});

describe("a workload identity", () => {
  test("takes the place of the secret, read anew each time", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-test-"));
    const before = process.env.AZURE_FEDERATED_TOKEN_FILE;
    open.push(
      () => rmSync(folder, { recursive: true }),
      () =>
        before === undefined
          ? delete process.env.AZURE_FEDERATED_TOKEN_FILE
          : (process.env.AZURE_FEDERATED_TOKEN_FILE = before),
    );
    const file = join(folder, "token");
    process.env.AZURE_FEDERATED_TOKEN_FILE = file;
    const { vendor, connector } = await start({ federatedTokenAuth: true });
    expect(reasonOf(await failureOf(signIn(connector)))).toContain("cannot be read");
    writeFileSync(file, "assertion-1\n");
    const login = await signIn(connector);
    writeFileSync(file, "assertion-2");
    await refresh(connector, login);
    const common = {
      client_id: "gatehouse",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    };
    expect(vendor.tokenForms()).toEqual([
      {
        ...common,
        client_assertion: "assertion-1",
        grant_type: "authorization_code",
        code: "the-code",
        redirect_uri: "https://wiki.example.com/oauth2/callback",
      },
      { ...common, client_assertion: "assertion-2", grant_type: "refresh_token", refresh_token: "rt-1" },
    ]);
    delete process.env.AZURE_FEDERATED_TOKEN_FILE;
    expect(reasonOf(await failureOf(refresh(connector, login)))).toContain("AZURE_FEDERATED_TOKEN_FILE is not set");
  });
});
