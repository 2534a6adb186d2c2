import { afterEach, describe, expect, test } from "bun:test";

import type { ProviderConfiguration } from "../../src/config/provider-configuration.ts";
import type { Connector } from "../../src/connector/connector.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { Browser } from "../support/browser.ts";
import { CALLBACK, KILGORE, startProvider } from "../support/provider-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

/** An upstream that counts how often a code was redeemed. */
function countingProvider(settings: Partial<ProviderConfiguration> = {}): {
  readonly issuer: string;
  readonly redeemed: () => number;
} {
  let redeemed = 0;
  const connector: Connector = {
    kind: "redirect",
    id: "mock",
    type: "mock",
    name: "Mock",
    status: () => ({ reachable: true }),
    authorizationUrl: async ({ state }) => new URL(`http://upstream.test/?state=${state}`),
    redeem: async () => {
      redeemed += 1;
      return KILGORE;
    },
  };
  const server = startProvider({ store: createMemoryStore(), connector, settings });
  cleanups.push(server.stop);
  return { issuer: server.issuer, redeemed: () => redeemed };
}

async function begin(browser: Browser, issuer: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const query = new URLSearchParams({
    client_id: "app",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid",
    state: "s1",
    nonce: "n1",
    ...more,
  });
  const answer = await browser.request(`${issuer}/auth/mock?${query.toString()}`);
  return new URL(answer.location ?? "").searchParams.get("state") ?? "";
}

describe("the upstream's callback, in dex's way of logging in", () => {
  test("is refused in a browser that did not begin; the code is not redeemed; the page offers to start again", async () => {
    const { issuer, redeemed } = countingProvider();
    const more = {
      response_mode: "fragment",
      acr_values: "silver gold",
      claims: '{"id_token":{"email":null,"sub":{"value":"somebody"}},"userinfo":{"groups":null}}',
    };
    const state = await begin(new Browser(), issuer, more);
    const answer = await new Browser().request(`${issuer}/callback?code=stolen&state=${state}`);
    expect([answer.status, answer.location, redeemed()]).toEqual([403, undefined, 0]);
    const again = /href="([^"]*\/dex\/auth\?[^"]*)"/.exec(answer.body)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(Object.fromEntries(new URL(again, issuer).searchParams)).toEqual({
      client_id: "app",
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid",
      state: "s1",
      nonce: "n1",
      ...more,
    });
  });

  test("is good once in the browser that began", async () => {
    const { issuer, redeemed } = countingProvider();
    const browser = new Browser();
    const state = await begin(browser, issuer);
    const callback = `${issuer}/callback?code=good&state=${state}`;
    expect((await browser.request(callback)).location).toStartWith(`${CALLBACK}?code=`);
    expect((await browser.request(callback)).status).toBe(400);
    expect(redeemed()).toBe(1);
  });

  test("is good once while the person is still asked for approval, in whatever browser", async () => {
    const { issuer, redeemed } = countingProvider({ skipApproval: false });
    const browser = new Browser();
    const callback = `${issuer}/callback?code=good&state=${await begin(browser, issuer)}`;
    expect((await browser.request(callback)).location).toContain("/dex/approval?");
    expect((await browser.request(callback)).status).toBe(400);
    expect((await new Browser().request(callback)).status).toBe(400);
    expect(redeemed()).toBe(1);
  });

  test.each([
    ["without a state", "code=x", 400],
    ["with an unknown state", "code=x&state=nothing", 400],
  ])("%s is refused", async (_name, query, status) => {
    const { issuer, redeemed } = countingProvider();
    const answer = await new Browser().request(`${issuer}/callback?${query}`);
    expect([answer.status, redeemed()]).toEqual([status, 0]);
  });

  test("with the upstream's error ends the login without redeeming anything", async () => {
    const { issuer, redeemed } = countingProvider();
    const browser = new Browser();
    const state = await begin(browser, issuer);
    const answer = await browser.request(`${issuer}/callback?error=access_denied&code=x&state=${state}`);
    expect([answer.status, redeemed()]).toEqual([500, 0]);
    expect(answer.body).not.toContain("access_denied");
  });
});

describe("the password form, in dex's way of logging in", () => {
  const connector: Connector = {
    kind: "password",
    id: "local",
    type: "local",
    name: "Email",
    prompt: "Email Address",
    status: () => ({ reachable: true }),
    login: async ({ username }) => ({ ...KILGORE, identity: { ...KILGORE.identity, userId: username } }),
  };

  test("a second login to the same request makes the first one's hops worthless", async () => {
    const server = startProvider({ store: createMemoryStore(), connector, settings: { skipApproval: false } });
    cleanups.push(server.stop);
    const [mallory, alice] = [new Browser(), new Browser()];
    const query = new URLSearchParams({
      client_id: "app",
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid",
    });
    const form = await mallory.open(`${server.issuer}/auth?${query.toString()}`);
    const approval = await mallory.submit(form, { login: "mallory", password: "x" });
    expect(approval.url).toContain("/dex/approval?");
    const lured = await alice.submit(await alice.open(form.url), { login: "alice", password: "x" });
    expect(lured.url).toContain("/dex/approval?");
    const taken = await mallory.request(approval.url, { form: { approval: "approve" } });
    expect([taken.status, taken.location]).toEqual([401, undefined]);
    const own = await alice.request(lured.url, { form: { approval: "approve" } });
    expect(own.location).toStartWith(`${CALLBACK}?code=`);
  });
});

describe("an answer to a client", () => {
  const query = "client_id=app&redirect_uri=http%3A%2F%2Fapp.test%2Fcallback&response_type=code&scope=bad";

  test.each([
    ["dex", "error,error_description,iss,state"],
    ["native", "error,error_description,iss"],
  ] as const)("in the %s dialect to who sent no state has %s", async (dialect, names) => {
    const server = startProvider({ store: createMemoryStore(), dialect });
    cleanups.push(server.stop);
    const answer = await new Browser().request(`${server.issuer}/auth/mock?${query}`);
    expect([...new URL(answer.location ?? "").searchParams.keys()].join()).toBe(names);
  });

  test.each([
    ["a short PKCE challenge is refused", "native", "code_challenge=short", "invalid_request"],
    ["dex takes any challenge", "dex", "code_challenge=short", null],
  ] as const)("%s", async (_name, dialect, pkce, error) => {
    const server = startProvider({ store: createMemoryStore(), dialect });
    cleanups.push(server.stop);
    const url = `${server.issuer}/auth/mock?${query.replace("scope=bad", "scope=openid")}&${pkce}`;
    const answer = await new Browser().request(`${url}&code_challenge_method=S256`);
    expect(new URL(answer.location ?? "").searchParams.get("error")).toBe(error);
  });

  test("broken percent-encoding is refused, not repaired", async () => {
    const server = startProvider({ store: createMemoryStore() });
    cleanups.push(server.stop);
    const answer = await new Browser().request(`${server.issuer}/auth/mock?${query}&state=%zz`);
    expect([answer.status, answer.location]).toEqual([400, undefined]);
  });
});
