import { createHash } from "node:crypto";
import { type FakeReply, json } from "../fake-server.ts";
import { formEncode } from "../pairs.ts";
import type { Asked, Provider } from "./provider.ts";
import type { ErrorAnswer } from "./settings.ts";
import { type TokenSubject, accessToken, idToken, userOf } from "./tokens.ts";

/** The token endpoint: redeems codes (`code.static-USER` is always good) and refresh tokens. RFC 6749 §4.1.3, §6 */
export async function redeem(provider: Provider, asked: Asked): Promise<FakeReply> {
  const { client_auth: wanted, token_delay: delay, token_error: error } = provider.settings;
  if ((wanted === "basic" && !asked.auth.startsWith("basic")) || (wanted === "post" && asked.auth !== "post")) {
    return json(401, { error: "invalid_client", error_description: "wrong client authentication" });
  }
  if (asked.params["grant_type"] === "refresh_token") return refresh(provider, asked);
  await Bun.sleep(delay * 1000);
  return error === null ? redeemCode(provider, asked) : failure(error);
}

function redeemCode(provider: Provider, { params, client }: Asked): FakeReply {
  const { login_id_token: withIdToken, login_refresh_token: withRefreshToken } = provider.settings;
  const code = params["code"] ?? "";
  const isStatic = code.startsWith("code.static-");
  const asked = provider.codes.get(code) ?? (isStatic ? {} : undefined);
  provider.codes.delete(code);
  if (asked === undefined) return invalidGrant("unknown code");
  if (!isProved(asked, params["code_verifier"] ?? "")) return invalidGrant("PKCE");
  const user = isStatic ? code.slice("code.static-".length) : (code.split(".")[1] ?? "");
  const { nonce, scope } = asked;
  return grant(provider, { user, client }, { nonce, scope, withIdToken, withRefreshToken });
}

/** RFC 7636 §4.6 */
function isProved(asked: Readonly<Record<string, string>>, verifier: string): boolean {
  const { code_challenge: challenge, code_challenge_method: method = "plain" } = asked;
  if (!challenge) return true;
  return challenge === (method === "plain" ? verifier : createHash("sha256").update(verifier).digest("base64url"));
}

async function refresh(provider: Provider, { params, client }: Asked): Promise<FakeReply> {
  const { settings, usedRefreshTokens } = provider;
  const old = params["refresh_token"] ?? "";
  await Bun.sleep(settings.refresh_delay * 1000);
  if (settings.refresh_error !== null) return failure(settings.refresh_error);
  const isReused = usedRefreshTokens.has(old);
  usedRefreshTokens.add(old);
  const user = userOf(provider, old);
  if (user === undefined || (settings.single_use_refresh && isReused)) return invalidGrant("refresh token used");
  return grant(
    provider,
    { user, client },
    {
      withIdToken: settings.refresh_id_token,
      withRefreshToken: settings.refresh_token !== "omit",
      ...(settings.refresh_token === "same" && { refreshToken: old }),
    },
  );
}

interface Grant {
  readonly nonce?: string | undefined;
  readonly scope?: string | undefined;
  readonly withIdToken: boolean;
  readonly withRefreshToken: boolean;
  /** Absent = a new one. */
  readonly refreshToken?: string;
}

/** Tokens are counted in the order in which they stand here. */
function grant(provider: Provider, subject: TokenSubject, order: Grant): FakeReply {
  const { expires_in: expiresIn, token_extra: extra, token_format: format } = provider.settings;
  const answer = {
    access_token: accessToken(provider, subject),
    token_type: "Bearer",
    ...(expiresIn !== null && { expires_in: expiresIn }),
    ...(order.withIdToken && { id_token: idToken(provider, subject, order.nonce) }),
    ...(order.withRefreshToken && { refresh_token: order.refreshToken ?? `rt.${subject.user}.${provider.next()}` }),
    ...(order.scope && { scope: order.scope }),
    ...extra,
  };
  if (format === "json") return json(200, answer);
  const pairs = Object.entries(answer).map(([name, value]) => [name, String(value)] as const);
  return { status: 200, headers: [["Content-Type", "application/x-www-form-urlencoded"]], body: formEncode(pairs) };
}

function failure({ status = 400, body = { error: "invalid_grant" } }: ErrorAnswer): FakeReply {
  return typeof body === "string" ? { status, body } : json(status, body);
}

function invalidGrant(description: string): FakeReply {
  return json(400, { error: "invalid_grant", error_description: description });
}
