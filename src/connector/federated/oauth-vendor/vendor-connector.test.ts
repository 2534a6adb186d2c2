import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { failureOf, reasonOf, TRANSACTION } from "../../../../test/support/fake-vendor.ts";
import {
  keptBy,
  signInThere,
  startVendorSite,
  storedLogin,
  VENDOR_OPTIONS,
  type VendorSite,
} from "../../../../test/support/vendor-site.ts";
import { Secret } from "../../../protocol/secret.ts";
import type { Login } from "../../../protocol/identity.ts";
import type { RedirectConnector } from "../../connector.ts";
import { createGiteaConnector } from "../gitea/gitea-connector.ts";

let site: VendorSite;
let connector: RedirectConnector;

beforeEach(async () => {
  site = await startVendorSite("/login/oauth/access_token", (person) => ({
    "GET /api/v1/user": () => ({ body: { id: person.id, login: "alice", full_name: "Alice", email: "a@example.com" } }),
  }));
  connector = gitea();
});
afterEach(() => site.stop());

function gitea(changed: Partial<typeof VENDOR_OPTIONS & { baseUrl: string }> = {}): RedirectConnector {
  const upstream = {
    type: "gitea" as const,
    ...VENDOR_OPTIONS,
    baseUrl: "https://gitea.example.com",
    orgs: [],
    loadAllGroups: false,
    useLoginAsId: false,
    ...changed,
  };
  return createGiteaConnector(site.deps, { id: "up", name: "Up", upstream });
}

const refresh = (login: Login): Promise<Login> => connector.refresh?.(login) ?? Promise.reject(new Error("no refresh"));

describe("the authorization request", () => {
  test("has dex's parameters, sorted, and nothing of what the client asked for", async () => {
    const { href } = await connector.authorizationUrl({
      ...TRANSACTION,
      loginHint: "alice@example.com",
      forceLogin: true,
      parameters: { audience: ["x"] },
    });
    expect(href).toBe(
      "https://gitea.example.com/login/oauth/authorize?client_id=vendor-client" +
        "&redirect_uri=https%3A%2F%2Fwiki.example.com%2Foauth2%2Fcallback&response_type=code&state=a-state",
    );
  });

  test("is added to a query that the endpoint has", async () => {
    const url = await gitea({ baseUrl: "https://gitea.example.com/?to=" }).authorizationUrl(TRANSACTION);
    expect(url.search).toStartWith("?to=/login/oauth/authorize&client_id=vendor-client&");
  });

  test.each(["https://wiki.example.com/oauth2/callback/", "https://wiki.example.com/oauth2/callback/up", ""])(
    "is not sent with the configured callback %j, which logins do not come back to",
    async (redirectUri) => {
      const error = await failureOf(gitea({ redirectUri }).authorizationUrl(TRANSACTION));
      expect(reasonOf(error)).toBe(
        `connector up is configured with redirectURI ${JSON.stringify(redirectUri)}: set it to "https://wiki.example.com/oauth2/callback"`,
      );
    },
  );
});

describe("the token request", () => {
  const ways = (): readonly string[] => site.tokenRequests.map(({ authentication }) => authentication);

  test("sends dex's parameters, and the credentials in the header", async () => {
    await signInThere(site, connector);
    expect(ways()).toEqual(["basic"]);
    expect(Object.fromEntries(site.tokenRequests[0]?.form ?? [])).toEqual({
      grant_type: "authorization_code",
      code: "code-1",
      redirect_uri: "https://wiki.example.com/oauth2/callback",
    });
  });

  test.each([
    ["401", { status: 401, body: { error: "invalid_client" } }],
    ["a missing parameter", { status: 400, body: { error: "invalid_request" } }],
    ["an error with status 200", { status: 200, body: { error: "incorrect_client_credentials" } }],
    ["a failure of its own", { status: 500, body: "oops" }],
    ["a page", { status: 200, body: "<html>" }],
  ])(
    "is repeated with the credentials in the body for a vendor that answers %s, and then sent so",
    async (_name, no) => {
      site.settings.accepts = "post";
      site.settings.unknownClient = no;
      await signInThere(site, connector);
      await signInThere(site, connector);
      expect(ways()).toEqual(["basic", "post", "post"]);
    },
  );

  test("is repeated for whatever fails, until the body has worked", async () => {
    await signInThere(site, connector);
    const guess = (): Promise<unknown> => connector.redeem(new URLSearchParams({ code: "guessed" }), TRANSACTION);
    expect((await failureOf(guess())).reason).toBe("denied");
    expect(ways()).toEqual(["basic", "basic", "post"]);
    site.settings.accepts = "post";
    await signInThere(site, connector);
    expect((await failureOf(guess())).reason).toBe("denied");
    expect(ways().slice(3)).toEqual(["basic", "post", "post"]);
  });

  test("goes back to the header for a vendor that does not know us in the body any more", async () => {
    site.settings.accepts = "post";
    await signInThere(site, connector);
    site.settings.accepts = "basic";
    await signInThere(site, connector);
    await signInThere(site, connector);
    expect(ways()).toEqual(["basic", "post", "post", "basic", "basic"]);
  });

  test("tells the operator, not the person, that the vendor does not know us", async () => {
    connector = gitea({ clientSecret: new Secret("wrong") });
    const error = await failureOf(signInThere(site, connector));
    expect(error.reason).toBe("unreachable");
    expect(reasonOf(error)).toBe("the token endpoint answered 401 (invalid_client)");
  });
});

describe("what is kept for a renewal", () => {
  test("is what dex keeps, and only when the login will be renewed", async () => {
    const kept = keptBy(await signInThere(site, connector));
    expect(kept).toEqual({ accessToken: "at-1", refreshToken: "rt-1", expiry: expect.stringMatching(/^20.*Z$/) });
    const asked = { groups: true, offlineAccess: false };
    expect((await signInThere(site, connector, asked)).connectorData).toBeUndefined();
  });

  test("is 'no time' where the vendor names none", async () => {
    site.settings.tokenAnswer = { expires_in: undefined };
    expect(keptBy(await signInThere(site, connector))).toMatchObject({ expiry: "0001-01-01T00:00:00Z" });
  });

  test.each(["2999-11-24T00:40:56.982866022Z", "2999-11-24T00:40:56+02:00", "0001-01-01T00:00:00Z"])(
    "by dex is used as it is while the token holds (%s)",
    async (expiry) => {
      const { identity } = await signInThere(site, connector);
      const kept = JSON.stringify({ accessToken: "at-1", refreshToken: "rt-1", expiry });
      const renewed = await refresh({ identity, tokens: {}, connectorData: new TextEncoder().encode(kept) });
      expect(renewed.identity).toEqual(identity);
      expect(site.tokenRequests).toHaveLength(1);
    },
  );

  test("is renewed itself ten seconds before the token ends", async () => {
    const login = await signInThere(site, connector);
    site.settings.clockOffset = 3580;
    await refresh(storedLogin(login));
    expect(site.tokenRequests).toHaveLength(1);
    site.settings.clockOffset = 3595;
    const renewed = await refresh(storedLogin(login));
    expect(Object.fromEntries(site.tokenRequests[1]?.form ?? [])).toEqual({
      grant_type: "refresh_token",
      refresh_token: "rt-1",
    });
    expect(keptBy(renewed)).toMatchObject({ accessToken: "at-2", refreshToken: "rt-2" });
  });

  test("keeps the refresh token where the vendor sends no new one", async () => {
    const login = await signInThere(site, connector);
    site.settings.clockOffset = 3595;
    site.settings.tokenAnswer = { refresh_token: undefined };
    expect(keptBy(await refresh(storedLogin(login)))).toMatchObject({ accessToken: "at-2", refreshToken: "rt-1" });
  });

  test("is not lost when the token is renewed and the person cannot be asked for: they stay as they were", async () => {
    const login = await signInThere(site, connector);
    site.settings.clockOffset = 3595;
    site.answer("GET /api/v1/user", { status: 502 });
    const renewed = await refresh(storedLogin(login));
    expect(renewed.identity).toEqual(login.identity);
    expect(keptBy(renewed)).toMatchObject({ refreshToken: "rt-2" });
  });

  test("ends with the access token where there is no refresh token", async () => {
    site.settings.tokenAnswer = { refresh_token: undefined };
    const login = await signInThere(site, connector);
    site.settings.clockOffset = 3595;
    expect((await failureOf(refresh(storedLogin(login)))).reason).toBe("revoked");
  });

  test.each(["", "{}", "[]", "foobar", '{"accessToken":7}', "\u0000"])("cannot be %j", async (kept) => {
    const { identity } = await signInThere(site, connector);
    const error = await failureOf(refresh({ identity, tokens: {}, connectorData: new TextEncoder().encode(kept) }));
    expect(error.reason).toBe("unreachable");
    expect(reasonOf(error)).toBe("no token of the upstream is stored with this login");
  });
});

test("an upstream's error is refused with its words in the log alone", async () => {
  const callback = new URLSearchParams({ error: "access_denied", error_description: "no <b>", code: "code-1" });
  const error = await failureOf(connector.redeem(callback, TRANSACTION));
  expect(error.reason).toBe("denied");
  expect(error.publicMessage).not.toContain("access_denied");
  expect(site.tokenRequests).toEqual([]);
});
