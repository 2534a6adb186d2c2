import { describe, expect, test } from "bun:test";
import { Secret } from "../../protocol/secret.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";
import { requestTokens, type TokenOutcome, type TokenRequestDeps } from "./token-request.ts";

interface Asked {
  readonly authorization: string | null;
  readonly form: Record<string, string>;
}

/** A token endpoint that answers in turn, the last answer again and again. */
function make(
  answers: readonly Response[],
  method: "auto" | "basic" | "post" = "auto",
  clientSecret = "s&cret:1 ü",
): { deps: TokenRequestDeps; asked: Asked[] } {
  const asked: Asked[] = [];
  const deps: TokenRequestDeps = {
    clock: () => 1000.5,
    fetch: (_url, init) => {
      // the request always has its form as text
      const form = Object.fromEntries(new URLSearchParams(init?.body as string));
      asked.push({ authorization: new Headers(init?.headers).get("authorization"), form });
      return Promise.resolve((answers[asked.length - 1] ?? answers.at(-1) ?? Response.error()).clone());
    },
    clientAuthentication: {},
    configuration: { clientId: "gate house", clientSecret: new Secret(clientSecret), clientAuthentication: method },
  };
  return { deps, asked };
}

const metadata = (methods = ["client_secret_basic", "client_secret_post"]): ProviderMetadata => ({
  issuer: "https://id.corp.example",
  authorizationEndpoint: "https://id.corp.example/authorize",
  tokenEndpoint: "https://id.corp.example/token",
  jwksUri: "https://id.corp.example/keys",
  signingAlgorithms: ["RS256"],
  tokenAuthenticationMethods: methods,
  sendsIssuer: false,
});

const CODE = { grant_type: "authorization_code", code: "the-code-itself" };
const issued = Response.json({ access_token: "at", token_type: "Bearer", expires_in: 60 });
const unknownClient = Response.json({ error: "invalid_client" }, { status: 401 });
const tokensOf = (outcome: TokenOutcome): unknown => (outcome.outcome === "issued" ? outcome.tokens : outcome);

describe("client authentication", () => {
  test("basic, both halves encoded", async () => {
    const { deps, asked } = make([issued]);
    await requestTokens(deps, metadata(), CODE);
    // printf 'gate+house:s%%26cret%%3A1+%%C3%%BC' | base64
    expect(asked).toEqual([{ authorization: "Basic Z2F0ZStob3VzZTpzJTI2Y3JldCUzQTErJUMzJUJD", form: CODE }]);
  });

  test("post when discovery offers nothing else, or when configured", async () => {
    const expected = [{ authorization: null, form: { ...CODE, client_id: "gate house", client_secret: "s&cret:1 ü" } }];
    const auto = make([issued]);
    await requestTokens(auto.deps, metadata(["client_secret_post", "private_key_jwt"]), CODE);
    expect(auto.asked).toEqual(expected);
    const configured = make([issued], "post");
    await requestTokens(configured.deps, metadata(), CODE);
    expect(configured.asked).toEqual(expected);
  });

  test("none for a public client", async () => {
    const { deps, asked } = make([unknownClient], "auto", "");
    await requestTokens(deps, metadata(), CODE);
    expect(asked).toEqual([{ authorization: null, form: { ...CODE, client_id: "gate house" } }]);
  });

  test("auto tries the other way once, and remembers what works", async () => {
    const { deps, asked } = make([unknownClient, issued, issued]);
    expect((await requestTokens(deps, metadata(), CODE)).outcome).toBe("issued");
    await requestTokens(deps, metadata(), CODE);
    expect(asked.map(({ authorization }) => authorization !== null)).toEqual([true, false, false]);
  });

  test("auto gives up after both ways", async () => {
    const { deps, asked } = make([unknownClient]);
    expect(await requestTokens(deps, metadata(), CODE)).toMatchObject({ outcome: "refused", error: "invalid_client" });
    expect(asked).toHaveLength(2);
    expect(deps.clientAuthentication.proven).toBeUndefined();
  });

  test("nothing else is tried twice, because a code is good for one try", async () => {
    const refused = make([Response.json({ error: "invalid_grant" }, { status: 400 })]);
    await requestTokens(refused.deps, metadata(), CODE);
    const fixed = make([unknownClient], "basic");
    await requestTokens(fixed.deps, metadata(), CODE);
    expect([refused.asked.length, fixed.asked.length]).toEqual([1, 1]);
  });
});

describe("answers", () => {
  const form = (text: string): Response =>
    new Response(text, { headers: { "Content-Type": "application/x-www-form-urlencoded" } });

  test.each([
    [
      "all there is",
      { access_token: "a", refresh_token: "r", id_token: "i", expires_in: 60 },
      { accessToken: "a", refreshToken: "r", idToken: "i", expiresAt: 1060 },
    ],
    ["no more than an access token", { access_token: "a" }, { accessToken: "a" }],
    ["a lifetime as text", { access_token: "a", expires_in: "60" }, { accessToken: "a", expiresAt: 1060 }],
    ["no lifetime left", { access_token: "a", expires_in: 0 }, { accessToken: "a" }],
    ["nulls", { access_token: "a", refresh_token: null, expires_in: null }, { accessToken: "a" }],
  ])("of JSON with %s", async (_name, body, expected) => {
    expect(tokensOf(await requestTokens(make([Response.json(body)]).deps, metadata(), CODE))).toEqual(expected);
  });

  test("as a form", async () => {
    const { deps } = make([form("access_token=a%20b&token_type=bearer&expires_in=60")]);
    expect(tokensOf(await requestTokens(deps, metadata(), CODE))).toEqual({ accessToken: "a b", expiresAt: 1060 });
  });

  test("an error with status 200 is an error", async () => {
    const { deps } = make([Response.json({ error: "bad_verification_code" })]);
    expect(await requestTokens(deps, metadata(), CODE)).toMatchObject({ error: "bad_verification_code" });
  });

  test.each([
    ["a page", new Response("<html>access_token=a</html>")],
    ["an empty object", Response.json({})],
    ["a token that is no text", Response.json({ access_token: 1 })],
    ["nothing", new Response(null, { status: 204 })],
  ])("%s is no answer", async (_name, answer) => {
    const ending: unknown = await requestTokens(make([answer]).deps, metadata(), CODE).catch((error: unknown) => error);
    expect(ending).toMatchObject({ reason: "unreachable" });
  });

  test("a refusal tells the log why, without what was sent", async () => {
    const description = "code the-code-itself of s&cret:1 ü\r\nis bad";
    const { deps } = make([Response.json({ error: "invalid_grant", error_description: description }, { status: 400 })]);
    expect(await requestTokens(deps, metadata(), CODE)).toEqual({
      outcome: "refused",
      status: 400,
      error: "invalid_grant",
      reason: "the token endpoint answered 400 (invalid_grant: code ******** of ********??is bad)",
    });
  });
});
