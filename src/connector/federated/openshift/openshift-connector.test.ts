import { afterEach, describe, expect, test } from "bun:test";
import { type FakeAnswer, failureOf, TRANSACTION } from "../../../../test/support/fake-vendor.ts";
import { openshiftUpstream } from "../../../../test/support/federated-clouds.ts";
import {
  keptBy,
  signInThere,
  startVendorSite,
  storedLogin,
  type VendorSite,
} from "../../../../test/support/vendor-site.ts";
import { until } from "../../../../test/support/until.ts";
import type { RedirectConnector } from "../../connector.ts";
import { createOpenshiftConnector } from "./openshift-connector.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const USER = "GET /apis/user.openshift.io/v1/users/~";
const WELL_KNOWN = "GET /.well-known/oauth-authorization-server";
const METADATA = {
  issuer: "https://oauth.apps.example",
  authorization_endpoint: "https://oauth.apps.example/oauth/authorize",
  token_endpoint: "https://oauth.apps.example/oauth/token",
};
const ALICE = {
  kind: "User",
  metadata: { name: "alice", uid: "uid-1" },
  fullName: "Alice W",
  groups: ["admins", "dev"],
};

async function start(
  groups: readonly string[] = [],
  wellKnown: FakeAnswer = { body: METADATA },
): Promise<{ readonly site: VendorSite; readonly connector: RedirectConnector }> {
  const site = await startVendorSite("/oauth/token", () => ({ [USER]: { body: ALICE } }));
  open.push(() => site.stop());
  site.vendor.routes[WELL_KNOWN] = wellKnown;
  const connector = createOpenshiftConnector(site.deps, {
    id: "up",
    name: "Up",
    upstream: openshiftUpstream({ groups }),
  });
  open.push(() => connector.close?.());
  return { site, connector };
}

test("somebody has their name as address, which nobody verified", async () => {
  const { site, connector } = await start();
  expect((await signInThere(site, connector, { groups: false, offlineAccess: false })).identity).toEqual({
    userId: "uid-1",
    username: "alice",
    preferredUsername: "alice",
    email: "alice",
    emailVerified: false,
    groups: ["admins", "dev"],
  });
});

test("the authorization request goes where the cluster says", async () => {
  const { connector } = await start();
  const url = await connector.authorizationUrl(TRANSACTION);
  expect(url.origin + url.pathname).toBe("https://oauth.apps.example/oauth/authorize");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: "vendor-client",
    redirect_uri: TRANSACTION.redirectUri,
    response_type: "code",
    scope: "user:info",
    state: "a-state",
  });
});

describe("required groups", () => {
  test("let their members in, with all their groups", async () => {
    const { site, connector } = await start(["dev", "x"]);
    expect((await signInThere(site, connector)).identity.groups).toEqual(["admins", "dev"]);
  });

  test("keep everybody else out, also later", async () => {
    const { site, connector } = await start(["dev"]);
    const login = await signInThere(site, connector);
    site.answer(USER, { body: { ...ALICE, groups: null } });
    expect((await failureOf(signInThere(site, connector))).reason).toBe("denied");
    expect((await failureOf(connector.refresh!(storedLogin(login)))).reason).toBe("revoked");
  });
});

describe("the token that is kept", () => {
  test("has the form of Go's, and is used until it ends", async () => {
    const { site, connector } = await start();
    const login = await signInThere(site, connector);
    expect(JSON.stringify(keptBy(login))).toMatch(
      /^\{"access_token":"at-1","token_type":"bearer","refresh_token":"rt-1","expiry":"\d{4}-[\dT:.-]+Z","expires_in":3600\}$/,
    );
    const renewed = await connector.refresh!(storedLogin(login));
    expect(keptBy(renewed)).toEqual(keptBy(login));
    expect(site.tokenRequests).toHaveLength(1);
  });

  test("is renewed when it ended", async () => {
    const { site, connector } = await start();
    const login = await signInThere(site, connector);
    site.settings.clockOffset = 3600;
    expect(keptBy(await connector.refresh!(storedLogin(login)))).toMatchObject({ access_token: "at-2" });
  });

  test("ends the login when it ended and cannot be renewed", async () => {
    const { site, connector } = await start();
    site.settings.tokenAnswer = { refresh_token: undefined };
    const login = await signInThere(site, connector);
    site.settings.clockOffset = 3600;
    expect((await failureOf(connector.refresh!(storedLogin(login)))).reason).toBe("revoked");
  });

  test("leaves out what is not known, but not its end", async () => {
    const { site, connector } = await start();
    site.settings.tokenAnswer = { token_type: undefined, refresh_token: undefined, expires_in: undefined };
    const login = await signInThere(site, connector);
    expect(keptBy(login)).toEqual({ access_token: "at-1", expiry: "0001-01-01T00:00:00Z" });
    expect((await connector.refresh!(storedLogin(login))).identity.userId).toBe("uid-1");
  });

  test("is not kept where nobody asked for it", async () => {
    const { site, connector } = await start();
    const login = await signInThere(site, connector, { groups: true, offlineAccess: false });
    expect(login).not.toHaveProperty("connectorData");
  });
});

describe("a cluster that cannot be discovered", () => {
  test.each<[string, FakeAnswer, string]>([
    ["that is down", { status: 503 }, "503"],
    ["without such a document", { status: 404 }, "404"],
    ["that says something else", { body: "<html>" }, "JSON"],
    ["without a token endpoint", { body: { ...METADATA, token_endpoint: undefined } }, "token_endpoint"],
    ["that leads to plain http", { body: { ...METADATA, token_endpoint: "http://oauth.apps.example/t" } }, "https"],
  ])("%s signs nobody in, and says why", async (_name, wellKnown, reason) => {
    const { site, connector } = await start([], wellKnown);
    expect((await failureOf(signInThere(site, connector))).reason).toBe("unreachable");
    expect(connector.status()).toMatchObject({ reachable: false, reason: expect.stringContaining(reason) });
    site.vendor.routes[WELL_KNOWN] = { body: METADATA };
    await until("the cluster", () => connector.status().reachable);
    expect((await signInThere(site, connector)).identity.userId).toBe("uid-1");
  });
});
