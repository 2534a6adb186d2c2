import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import {
  type FakeAnswer,
  type FakeVendor,
  failureOf,
  reasonOf,
  startFakeVendor,
} from "../../../../test/support/fake-vendor.ts";
import type { KeystoneUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import { Secret } from "../../../protocol/secret.ts";
import type { PasswordConnector, WantedParts } from "../../connector.ts";
import { createKeystoneConnector } from "./keystone-connector.ts";

const USER = { id: "ks-1", name: "alice", email: "alice@example.com", enabled: true };
const TOKEN: FakeAnswer = {
  status: 201,
  body: { token: { user: { domain: { id: "default", name: "Default" }, id: "ks-1", name: "alice" } } },
  headers: { "X-Subject-Token": "ks-token" },
};
const WITHOUT_GROUPS: WantedParts = { groups: false, offlineAccess: true };

let vendor: FakeVendor;
beforeEach(async () => {
  vendor = await startFakeVendor({
    "POST /v3/auth/tokens/": TOKEN,
    "GET /v3/users/ks-1": { body: { user: USER } },
    "GET /v3/users/ks-1/groups": {
      body: {
        groups: [
          { id: "g1", name: "admins" },
          { id: "g2", name: "dev" },
        ],
      },
    },
  });
});
afterEach(() => vendor.stop());

function make(changed: Partial<KeystoneUpstream> = {}): PasswordConnector {
  const password = new Secret("the-client-secret");
  const upstream: KeystoneUpstream = {
    type: "keystone",
    domain: "default",
    host: vendor.url,
    username: "admin",
    password,
  };
  const settings = { id: "keystone", name: "Keystone", upstream: { ...upstream, ...changed } };
  return createKeystoneConnector({ clock: () => 1_700_000_000, fetch }, settings);
}

const signIn = (changed: Partial<KeystoneUpstream> = {}, wants?: WantedParts): Promise<Login | undefined> =>
  make(changed).login({ username: "alice", password: "pw", clientAddress: "192.0.2.1", ...(wants && { wants }) });
const passwordSent = (index: number): unknown => JSON.parse(vendor.requests[index]?.body ?? "").auth;

describe("a login at Keystone", () => {
  test("asks for a token, and with it for groups and the address", async () => {
    expect(await signIn()).toEqual({
      identity: {
        userId: "ks-1",
        username: "alice",
        preferredUsername: "",
        email: "alice@example.com",
        emailVerified: true,
        groups: ["admins", "dev"],
      },
      tokens: {},
    });
    expect(vendor.requests.map(({ method, target, headers }) => [method, target, headers.get("x-auth-token")])).toEqual(
      [
        ["POST", "/v3/auth/tokens/", null],
        ["GET", "/v3/users/ks-1/groups", "ks-token"],
        ["GET", "/v3/users/ks-1", "ks-token"],
      ],
    );
    const user = { name: "alice", password: "pw", domain: { id: "default" } };
    expect(passwordSent(0)).toEqual({ identity: { methods: ["password"], password: { user } } });
  });

  test("asks only for what is wanted", async () => {
    expect((await signIn({}, WITHOUT_GROUPS))?.identity.groups).toEqual([]);
    expect(vendor.requests).toHaveLength(2);
  });

  test.each([
    ["default", { id: "default" }],
    ["Default", { name: "Default" }],
    ["staff", { name: "staff" }],
    ["0123456789abcdef0123456789ABCDEF", { id: "0123456789abcdef0123456789ABCDEF" }],
    ["01234567-89ab-cdef-0123-456789abcdef", { id: "01234567-89ab-cdef-0123-456789abcdef" }],
    ["01234567-89abcdef0123456789abcdef", { name: "01234567-89abcdef0123456789abcdef" }],
  ])("names the domain %s by its id or its name", async (domain, sent) => {
    await signIn({ domain });
    expect(passwordSent(0)).toMatchObject({ identity: { password: { user: { domain: sent } } } });
  });

  test("has an address that is not verified when there is none", async () => {
    vendor.routes["GET /v3/users/ks-1"] = { body: { user: { id: "ks-1", name: "alice" } } };
    expect((await signIn())?.identity).toMatchObject({ email: "", emailVerified: false });
  });

  test("is a wrong password for 401", async () => {
    vendor.routes["POST /v3/auth/tokens/"] = { status: 401, body: { error: { code: 401 } } };
    expect(await signIn()).toBeUndefined();
  });

  test.each<[string, string, FakeAnswer, RegExp]>([
    ["is no Keystone", "POST /v3/auth/tokens/", { status: 404 }, /answered 404/],
    ["has failed", "POST /v3/auth/tokens/", { status: 500 }, /answered 500/],
    ["gives no token", "POST /v3/auth/tokens/", { ...TOKEN, headers: {} }, /token is not usable/],
    ["does not say whose token it is", "POST /v3/auth/tokens/", { ...TOKEN, body: {} }, /token is not usable/],
    ["does not show the user", "GET /v3/users/ks-1", { status: 403 }, /user is not usable: answered 403/],
    ["does not know the user", "GET /v3/users/ks-1", { status: 404 }, /does not know the user/],
    ["does not show the groups", "GET /v3/users/ks-1/groups", { status: 403 }, /groups is not usable/],
  ])("says unreachable when the server %s", async (...[, route, answer, reason]) => {
    vendor.routes[route] = answer;
    const error = await failureOf(signIn());
    expect(error).toMatchObject({ reason: "unreachable", status: 503 });
    expect(reasonOf(error)).toMatch(reason);
  });
});

describe("a renewal at Keystone", () => {
  const previous: Login = {
    identity: {
      userId: "ks-1",
      username: "alice",
      preferredUsername: "",
      email: "old@example.com",
      emailVerified: true,
      groups: ["old"],
    },
    tokens: {},
  };
  const renew = (wants?: WantedParts): Promise<Login> => make().refresh?.(previous, wants) ?? expect.unreachable();

  test("reads the groups anew, with the administrator's token", async () => {
    expect(await renew()).toEqual({ ...previous, identity: { ...previous.identity, groups: ["admins", "dev"] } });
    const user = { name: "admin", password: "the-client-secret" };
    expect(passwordSent(0)).toMatchObject({ identity: { password: { user } } });
  });

  test("only looks whether the user is still there when no groups are wanted", async () => {
    expect(await renew(WITHOUT_GROUPS)).toEqual(previous);
  });

  test.each<[string, FakeAnswer]>([
    ["is gone", { status: 404, body: { error: { code: 404 } } }],
    ["is disabled", { body: { user: { ...USER, enabled: false } } }],
  ])("is revoked when the user %s", async (_name, answer) => {
    vendor.routes["GET /v3/users/ks-1"] = answer;
    expect(await failureOf(renew())).toMatchObject({ reason: "revoked" });
  });

  test.each<[string, string, FakeAnswer]>([
    ["refuses the administrator", "POST /v3/auth/tokens/", { status: 401 }],
    ["does not show users to the administrator", "GET /v3/users/ks-1", { status: 403 }],
    ["is down", "GET /v3/users/ks-1", { status: 503 }],
  ])("ends nothing when Keystone %s", async (_name, route, answer) => {
    vendor.routes[route] = answer;
    expect(await failureOf(renew())).toMatchObject({ reason: "unreachable" });
  });
});
