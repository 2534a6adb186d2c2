import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import {
  type FakeAnswer,
  type FakeVendor,
  failureOf,
  reasonOf,
  startFakeVendor,
} from "../../../../test/support/fake-vendor.ts";
import type { AtlassianCrowdUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import { Secret } from "../../../protocol/secret.ts";
import type { PasswordConnector, WantedParts } from "../../connector.ts";
import { createCrowdConnector } from "./crowd-connector.ts";

const API = "/crowd/rest/usermanagement/1";
const USER = { key: "131:abc", name: "alice", "display-name": "Alice W", email: "alice@example.com", active: true };
const BASIC = `Basic ${btoa("app:the-client-secret")}`;
const EVERYTHING: WantedParts = { groups: true, offlineAccess: true };
const NOTHING: WantedParts = { groups: false, offlineAccess: false };

let vendor: FakeVendor;
beforeEach(async () => {
  vendor = await startFakeVendor({
    [`POST ${API}/session`]: { status: 201, body: { token: "crowd-token" } },
    [`POST ${API}/session?validate-password=false`]: { status: 201, body: { token: "crowd-token" } },
    [`GET ${API}/user`]: { body: USER },
    [`GET ${API}/user/group/nested`]: { body: { groups: [{ name: "jira-users" }, { name: "admins" }] } },
  });
});
afterEach(() => vendor.stop());

function make(changed: Partial<AtlassianCrowdUpstream> = {}): PasswordConnector {
  const upstream: AtlassianCrowdUpstream = {
    type: "atlassian-crowd",
    baseUrl: `${vendor.url}/crowd`,
    clientId: "app",
    clientSecret: new Secret("the-client-secret"),
    groups: [],
    preferredUsernameField: "",
    usernamePrompt: "",
    ...changed,
  };
  return createCrowdConnector({ clock: () => 1_700_000_000, fetch }, { id: "crowd", name: "Crowd", upstream });
}

const signIn = (
  changed: Partial<AtlassianCrowdUpstream> = {},
  wants: WantedParts = EVERYTHING,
  username = "alice",
): Promise<Login | undefined> =>
  make(changed).login({ username, password: "pw & more", clientAddress: "192.0.2.1", wants });
const answer = (route: string, what: FakeAnswer): void => void (vendor.routes[route] = what);

describe("a login at Crowd", () => {
  test("asks for a session, the user and the groups, and keeps the user name", async () => {
    expect(await signIn()).toEqual({
      identity: {
        userId: "131:abc",
        username: "alice",
        preferredUsername: "",
        email: "alice@example.com",
        emailVerified: true,
        groups: ["jira-users", "admins"],
      },
      tokens: {},
      connectorData: Buffer.from('{"username":"alice"}'),
    });
    expect(vendor.asked()).toEqual([
      `POST ${API}/session ${BASIC}`,
      `GET ${API}/user?username=alice ${BASIC}`,
      `GET ${API}/user/group/nested?username=alice ${BASIC}`,
    ]);
    expect(JSON.parse(vendor.requests[0]?.body ?? "")).toEqual({ username: "alice", password: "pw & more" });
  });

  test("asks only for what is wanted", async () => {
    const login = await signIn({}, NOTHING);
    expect(login?.identity.groups).toEqual([]);
    expect(login?.connectorData).toBeUndefined();
    expect(vendor.asked()).toHaveLength(2);
  });

  test("puts a user name into the address as one value", async () => {
    await signIn({}, EVERYTHING, "alice&active=true #ü/../x");
    expect(vendor.requests[1]?.target).toBe(`${API}/user?username=alice%26active%3Dtrue%20%23%C3%BC%2F..%2Fx`);
  });

  test.each([
    ["key", "131:abc"],
    ["name", "alice"],
    ["email", "alice@example.com"],
    ["constructor", ""],
  ])("prefers the field %s as user name: %s", async (preferredUsernameField, preferred) => {
    expect((await signIn({ preferredUsernameField }))?.identity.preferredUsername).toBe(preferred);
  });

  test("has dex's prompt unless told otherwise", () => {
    expect(make().prompt).toBe("Username");
    expect(make({ usernamePrompt: "Crowd user" }).prompt).toBe("Crowd user");
  });

  test.each([EVERYTHING, NOTHING])(
    "is restricted to the configured groups, whatever is asked for: %j",
    async (wants) => {
      const admitted = await signIn({ groups: ["admins", "else"] }, wants);
      expect(admitted?.identity.groups).toEqual(wants.groups ? ["admins"] : []);
      expect(await failureOf(signIn({ groups: ["nope"] }, wants))).toMatchObject({ reason: "denied", status: 403 });
    },
  );

  test.each(["INVALID_USER_AUTHENTICATION", "INACTIVE_ACCOUNT", "EXPIRED_CREDENTIAL", "USER_NOT_FOUND"])(
    "is a wrong password for %s",
    async (reason) => {
      answer(`POST ${API}/session`, { status: 400, body: { reason, message: "no" } });
      expect(await signIn()).toBeUndefined();
    },
  );

  test.each<[string, string, FakeAnswer, RegExp]>([
    [
      "our credentials are refused",
      `POST ${API}/session`,
      { status: 401, body: "Application failed to authenticate" },
      /401.*clientID/,
    ],
    [
      "our address is refused",
      `POST ${API}/session`,
      { status: 403, body: "refuses to authorize it." },
      /403.*address/,
    ],
    [
      "the session is refused for another reason",
      `POST ${API}/session`,
      { status: 400, body: { reason: "OTHER" } },
      /400 OTHER/,
    ],
    ["Crowd has failed", `POST ${API}/session`, { status: 500 }, /500/],
    ["the user is not JSON", `GET ${API}/user`, { body: "<user/>" }, /user is not usable/],
    ["the user has no key", `GET ${API}/user`, { body: { name: "alice" } }, /user is not usable/],
    ["the user is inactive all the same", `GET ${API}/user`, { body: { ...USER, active: false } }, /does not know/],
    ["the groups do not come", `GET ${API}/user/group/nested`, { status: 404 }, /groups is not usable/],
  ])("says unreachable when %s", async (...[, route, what, reason]) => {
    answer(route, what);
    const error = await failureOf(signIn());
    expect(error).toMatchObject({ reason: "unreachable", status: 503 });
    expect(reasonOf(error)).toMatch(reason);
  });
});

describe("a renewal at Crowd", () => {
  const renew = async (changed: Partial<AtlassianCrowdUpstream> = {}, wants = EVERYTHING): Promise<Login> => {
    const { identity, connectorData } = (await signIn()) ?? expect.unreachable();
    for (const [route, what] of Object.entries(bends)) answer(route, what);
    vendor.requests.length = 0;
    const stored = { identity, tokens: {}, ...(connectorData && { connectorData }) };
    return (await make(changed).refresh?.(stored, wants)) ?? expect.unreachable();
  };
  let bends: Record<string, FakeAnswer> = {};
  afterEach(() => void (bends = {}));

  test("reads everything anew, lets the session at Crowd last, and keeps what it needs", async () => {
    bends = { [`GET ${API}/user`]: { body: { ...USER, email: "new@example.com" } } };
    const renewed = await renew();
    expect(renewed.identity).toMatchObject({ email: "new@example.com", groups: ["jira-users", "admins"] });
    expect(renewed.connectorData).toEqual(Buffer.from('{"username":"alice"}'));
    expect(vendor.asked().map((line) => line.replace(` ${BASIC}`, ""))).toEqual([
      `GET ${API}/user?username=alice`,
      `POST ${API}/session?validate-password=false`,
      `GET ${API}/user/group/nested?username=alice`,
    ]);
    expect(vendor.requests[1]?.body).toBe('{"username":"alice"}');
  });

  test.each<[string, Record<string, FakeAnswer>, Partial<AtlassianCrowdUpstream>]>([
    ["the user is gone", { [`GET ${API}/user`]: { status: 404, body: { reason: "USER_NOT_FOUND" } } }, {}],
    ["the user is not active any more", { [`GET ${API}/user`]: { body: { ...USER, active: false } } }, {}],
    ["somebody else has the name", { [`GET ${API}/user`]: { body: { ...USER, key: "131:xyz" } } }, {}],
    [
      "Crowd refuses the session",
      { [`POST ${API}/session?validate-password=false`]: { status: 400, body: { reason: "INACTIVE_ACCOUNT" } } },
      {},
    ],
    ["the user has left the groups that may enter", {}, { groups: ["nope"] }],
  ])("is revoked when %s", async (_name, bent, changed) => {
    bends = bent;
    for (const wants of [EVERYTHING, NOTHING]) {
      for (const route of Object.keys(bent))
        answer(route, route.startsWith("GET") ? { body: USER } : { status: 201, body: {} });
      expect(await failureOf(renew(changed, wants))).toMatchObject({ reason: "revoked" });
    }
  });

  test.each<[string, FakeAnswer]>([
    ["is another server now", { status: 404, body: "<html>Not Found</html>" }],
    ["refuses us", { status: 401, body: "Application failed to authenticate" }],
    ["is down", { status: 502 }],
  ])("ends nothing when Crowd %s", async (_name, what) => {
    bends = { [`GET ${API}/user`]: what };
    expect(await failureOf(renew())).toMatchObject({ reason: "unreachable" });
  });

  test("needs what the login stored", async () => {
    const { identity } = (await signIn()) ?? expect.unreachable();
    const renewal = make().refresh?.({ identity, tokens: {} }) ?? expect.unreachable();
    expect(await failureOf(renewal)).toMatchObject({ reason: "revoked" });
  });
});
