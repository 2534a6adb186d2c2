import { afterEach, expect, test } from "bun:test";

import type { Connector, LoginTransaction } from "../../src/connector/connector.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { codeFrom, KILGORE, post, redeem, redirectConnector, startProvider } from "../support/provider-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

/** An upstream that tells more of a person than dex has columns for, and how they signed in. */
function start(told: Readonly<Record<string, unknown>>): {
  readonly issuer: string;
  readonly seen: LoginTransaction[];
} {
  const seen: LoginTransaction[] = [];
  const connector = redirectConnector(async (login) => login);
  if (connector.kind !== "redirect") throw new Error("it redirects");
  const telling: Connector = {
    ...connector,
    authorizationUrl: (login) => {
      seen.push(login);
      return connector.authorizationUrl(login);
    },
    redeem: async () => ({ ...KILGORE, identity: { ...KILGORE.identity, additionalClaims: told } }),
  };
  const server = startProvider({ store: createMemoryStore(), connector: telling });
  cleanups.push(server.stop);
  return { issuer: server.issuer, seen };
}

function claimsOf(token: unknown): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString());
}

const TOLD = {
  given_name: "Kilgore",
  picture: "https://x.test/k.png",
  phone_number: "+1",
  secret: "no",
  acr: "silver",
};

test("what the scopes ask for is at userinfo, and goes on being there after a refresh; the ID token stays small", async () => {
  const { issuer } = start(TOLD);
  const { body } = await redeem(issuer, await codeFrom(issuer, "openid profile offline_access"));
  const told = { name: "Kilgore Trout", given_name: "Kilgore", picture: "https://x.test/k.png" };
  const headers = { authorization: `Bearer ${String(body["access_token"])}` };
  const userinfo: unknown = await (await fetch(`${issuer}/userinfo`, { headers })).json();
  expect(userinfo).toMatchObject(told);
  expect(userinfo).not.toHaveProperty("phone_number");
  expect(userinfo).not.toHaveProperty("secret");
  expect(claimsOf(body["id_token"])).not.toHaveProperty("given_name");
  const form = { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) };
  expect(claimsOf((await post(issuer, "/token", form)).body["access_token"])).toMatchObject(told);
});

test("the phone has a scope of its own", async () => {
  const { issuer } = start(TOLD);
  const { body } = await redeem(issuer, await codeFrom(issuer, "openid phone"));
  expect(claimsOf(body["access_token"])).toMatchObject({ phone_number: "+1" });
  expect(claimsOf(body["access_token"])).not.toHaveProperty("given_name");
});

test("how somebody signed in is told to a client that asks, and the upstream hears what it prefers", async () => {
  const { issuer, seen } = start(TOLD);
  const { body } = await redeem(issuer, await codeFrom(issuer, "openid", { acr_values: "gold silver" }));
  expect(claimsOf(body["id_token"])["acr"]).toBe("silver");
  expect(claimsOf(body["access_token"])).not.toHaveProperty("acr");
  expect(seen.map(({ parameters }) => parameters)).toEqual([{ acr_values: ["gold silver"] }]);
});

test("and to no other; where the upstream says nothing, neither do we", async () => {
  const asked = { acr_values: "gold" };
  for (const [told, parameters] of [[TOLD, {}] as const, [{}, asked] as const]) {
    const { issuer } = start(told);
    const { body } = await redeem(issuer, await codeFrom(issuer, "openid", parameters));
    expect(claimsOf(body["id_token"])).not.toHaveProperty("acr");
  }
});
