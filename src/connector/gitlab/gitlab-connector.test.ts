import { afterEach, describe, expect, test } from "bun:test";
import { ALICE, oidcOptions, refresh, signIn, startFakeOidcVendor } from "../../../test/support/fake-oidc-vendor.ts";
import { failureOf, TRANSACTION, vendorDeps } from "../../../test/support/fake-vendor.ts";
import type { GitlabConnectorConfiguration } from "../../config/connector-configuration.ts";
import { createGitlabConnector } from "./gitlab-connector.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** As documented at https://docs.gitlab.com/integration/openid_connect_provider/#shared-information */
const USERINFO = {
  sub: "alice-sub",
  nickname: "tanuki",
  email: "tanuki@example.com",
  email_verified: true,
  groups: ["top", "top/sub"],
};
/** As documented at https://docs.gitlab.com/api/projects/#get-a-single-project */
const project = (permissions: unknown, archived = false) => ({
  body: { id: 3, name: "app", path_with_namespace: "top/app", archived, permissions },
});
const PROJECTS = {
  "GET /api/v4/projects/top%2Fapp": project({ project_access: { access_level: 30 }, group_access: null }),
  "GET /api/v4/projects/top%2Fgrp": project({ project_access: null, group_access: { access_level: 20 } }),
  "GET /api/v4/projects/top%2Fold": project({ project_access: { access_level: 50 } }, true),
  "GET /api/v4/projects/top%2Fnone": project({ project_access: null, group_access: null }),
};

async function start(changed: Partial<GitlabConnectorConfiguration> = {}) {
  const vendor = await startFakeOidcVendor({ "GET /oauth/userinfo": { body: USERINFO }, ...PROJECTS });
  open.push(vendor.stop);
  const options = { type: "gitlab", projects: [], ...oidcOptions(vendor), ...changed } as const;
  return { vendor, connector: createGitlabConnector(vendorDeps(), options) };
}

const projects = (...paths: readonly string[]) => ({ projects: paths.map((path) => ({ path, accessLevel: 20 })) });

describe("gitlab", () => {
  test("takes user, address and groups from its own userinfo", async () => {
    const { vendor, connector } = await start();
    const { identity } = await signIn(connector);
    expect(identity).toEqual({
      userId: "tanuki",
      username: "alice.w",
      preferredUsername: "alice.w",
      email: "tanuki@example.com",
      emailVerified: true,
      groups: ["top", "top/sub"],
    });
    expect(vendor.asked()).toEqual(["GET /oauth/userinfo Bearer at-1"]);
  });

  test.each([
    [
      "without anything but a verified address",
      { email_verified: true },
      ["alice-sub", "alice@example.com", ["admins", "dev"]],
    ],
    ["with an empty list of groups", { ...USERINFO, groups: [] }, ["tanuki", "tanuki@example.com", ["admins", "dev"]]],
  ])("falls back to the ID token %s", async (_name, body, expected) => {
    const { vendor, connector } = await start();
    vendor.routes["GET /oauth/userinfo"] = { body };
    const { userId, email, groups } = (await signIn(connector)).identity;
    expect([userId, email, groups] as unknown).toEqual(expected);
  });

  test.each([false, undefined, "true"])("wants a verified address: %p", async (verified) => {
    const { vendor, connector } = await start();
    vendor.routes["GET /oauth/userinfo"] = { body: { ...USERINFO, email_verified: verified } };
    expect((await failureOf(signIn(connector))).reason).toBe("denied");
    const options = { type: "gitlab", projects: [], ...oidcOptions(vendor, { allowUnverifiedEmail: true }) } as const;
    expect((await signIn(createGitlabConnector(vendorDeps(), options))).identity.email).toBe("tanuki@example.com");
  });

  test.each([
    ["a revoked token", { status: 401, body: { error: "invalid_token" } }, "unreachable"],
    ["a rate limit", { status: 429, body: "Retry later" }, "unreachable"],
    ["a server error", { status: 502, body: "<h1>GitLab is down</h1>" }, "unreachable"],
    ["no JSON", { body: "<html>" }, "unreachable"],
    ["groups that are none", { body: { ...USERINFO, groups: "top" } }, "unreachable"],
    ["somebody else", { body: { ...USERINFO, sub: "bob-sub" } }, "untrusted"],
  ])("lets nobody in when userinfo answers %s", async (_name, answer, reason) => {
    const { vendor, connector } = await start();
    vendor.routes["GET /oauth/userinfo"] = answer;
    expect((await failureOf(signIn(connector))).reason).toBe(reason as never);
  });

  test("adds projects with enough access, of the project or else of its group", async () => {
    const { connector } = await start(projects("top/app", "top/grp", "top/old", "top/none", "top/missing"));
    expect((await signIn(connector)).identity.groups).toEqual(["top", "top/sub", "project:top/app", "project:top/grp"]);
    const strict = await start({
      projects: [
        { path: "top/app", accessLevel: 30 },
        { path: "top/grp", accessLevel: 30 },
      ],
    });
    expect((await signIn(strict.connector)).identity.groups).toEqual(["top", "top/sub", "project:top/app"]);
  });

  test("asks for the API only when it is needed", async () => {
    const scope = async (changed: Partial<GitlabConnectorConfiguration>): Promise<unknown> =>
      (await (await start(changed)).connector.authorizationUrl(TRANSACTION)).searchParams.get("scope");
    expect(await scope({ scopes: ["openid"] })).toBe("openid");
    expect(await scope({ scopes: ["openid"], ...projects("a/b") })).toBe("openid read_api");
    expect(await scope({ scopes: ["openid", "read_api"], ...projects("a/b") })).toBe("openid read_api");
  });

  test("gives no project while its API does not answer", async () => {
    const { vendor, connector } = await start(projects("top/app", "top/grp"));
    vendor.routes["GET /api/v4/projects/top%2Fapp"] = { status: 429 };
    expect((await signIn(connector)).identity.groups).toEqual(["top", "top/sub", "project:top/grp"]);
  });
});

describe("a renewal at gitlab", () => {
  test("sees what changed and keeps what cannot be asked", async () => {
    const { vendor, connector } = await start(projects("top/app", "top/grp"));
    const login = await signIn(connector);
    vendor.routes["GET /oauth/userinfo"] = { body: { ...USERINFO, groups: ["other"] } };
    vendor.routes["GET /api/v4/projects/top%2Fapp"] = { status: 404 };
    vendor.routes["GET /api/v4/projects/top%2Fgrp"] = { status: 503 };
    const renewed = await refresh(connector, login);
    expect(renewed.identity).toMatchObject({ userId: "tanuki", groups: ["other", "project:top/grp"] });
    vendor.tokens.refreshToken = "rt-2";
    vendor.routes["GET /oauth/userinfo"] = { status: 500 };
    expect((await refresh(connector, renewed)).identity).toEqual(renewed.identity);
  });

  test("without an ID token sees that somebody has left the last group", async () => {
    const { vendor, connector } = await start();
    const login = await signIn(connector);
    vendor.tokens.idToken = undefined;
    vendor.routes["GET /oauth/userinfo"] = { body: { ...USERINFO, groups: undefined } };
    expect((await refresh(connector, login)).identity.groups).toEqual(["top", "top/sub"]);
    vendor.routes["GET /oauth/userinfo"] = { body: { ...USERINFO, groups: [] } };
    expect((await refresh(connector, login)).identity.groups).toEqual([]);
  });

  test("ends for an address that is not verified any more, and for another subject", async () => {
    const { vendor, connector } = await start();
    const login = await signIn(connector);
    vendor.routes["GET /oauth/userinfo"] = { body: { ...USERINFO, email_verified: false } };
    expect((await failureOf(refresh(connector, login))).reason).toBe("revoked");
    vendor.tokens.idToken = { ...ALICE, sub: "bob-sub" };
    expect((await failureOf(refresh(connector, login))).reason).toBe("revoked");
    vendor.tokens.errors = [{ status: 400, body: { error: "invalid_grant" } }];
    expect((await failureOf(refresh(connector, login))).reason).toBe("revoked");
  });
});
