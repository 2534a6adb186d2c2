import { OAuthError } from "../../protocol/oauth-error.ts";
import { checkVerifierForm, verifyPkce } from "../../protocol/pkce.ts";
import { randomId } from "../../protocol/random-id.ts";
import { StoreError } from "../../store/store-error.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { AuthCode, Client } from "../storage-model.ts";
import { isAllowedConnector } from "../usable-connector.ts";
import { type TokenAnswer, createTokenIds, issueTokens } from "./issue-tokens.ts";
import { createRefreshToken, endRefreshToken, isRefreshable } from "./refresh-tokens.ts";

const REFUSED = "Invalid or expired code parameter.";

/**
 * Redeem an authorization code (RFC 6749 §4.1.3): everything is checked first, then the code is used up, then tokens are issued.
 *
 * The code is used up by creating the record of its redemption, which only one request over all replicas can do. A second one ends
 * what the first was given (RFC 6749 §4.1.2).
 *
 * @throws {OAuthError} `invalid_grant` or `invalid_request`.
 */
export async function authorizationCodeGrant(
  provider: ProviderContext,
  client: Client,
  form: URLSearchParams,
): Promise<TokenAnswer> {
  const codeId = form.get("code") ?? "";
  if (codeId === "") throw new OAuthError("invalid_request", "Required param: code.");
  const code = await provider.store.authCodes.find(codeId);
  if (code === undefined) return refuseReplay(provider, codeId);
  if (code.clientId !== client.id || provider.clock() >= code.expiry) throw new OAuthError("invalid_grant", REFUSED);
  const verifier = form.get("code_verifier") ?? "";
  if (isNative(provider)) checkVerifierForm(verifier);
  verifyPkce(code, verifier);
  if ((form.get("redirect_uri") ?? "") !== code.redirectUri) {
    throw new OAuthError("invalid_request", "redirect_uri did not match URI from initial request.");
  }
  if (!isAllowedConnector(client, code.connectorId)) {
    throw new OAuthError("invalid_grant", "Connector not allowed for this client.");
  }
  if ((await provider.connectors.find(code.connectorId)) === undefined) {
    throw new OAuthError("server_error", "", { status: 500 });
  }
  return redeem(provider, code);
}

async function redeem(provider: ProviderContext, code: AuthCode): Promise<TokenAnswer> {
  const ids = createTokenIds();
  const refreshable = await isRefreshable(provider, code);
  const refreshTokenId = refreshable ? randomId() : "";
  await claim(provider, code, { refreshTokenId, tokenIds: [ids.access, ids.id] });
  await provider.store.authCodes.remove(code);
  const refreshToken = refreshable
    ? await createRefreshToken(provider, refreshTokenId, code, code.connectorData)
    : undefined;
  await endWhenReplayed(provider, code.id, ids.access, refreshTokenId);
  return issueTokens(provider, {
    subject: code,
    ids,
    code: code.id,
    ...(refreshToken === undefined ? {} : { refreshToken }),
  });
}

/** Kept as long as a token of this code could live. */
async function claim(
  provider: ProviderContext,
  code: AuthCode,
  issued: { readonly refreshTokenId: string; readonly tokenIds: readonly string[] },
): Promise<void> {
  const expiry = provider.clock() + provider.configuration.idTokenSeconds;
  try {
    await provider.store.redeemedCodes.create({ codeId: code.id, ...issued, expiry: Math.max(expiry, code.expiry) });
  } catch (error) {
    if (!(error instanceof StoreError && error.reason === "conflict")) throw error;
    await refuseReplay(provider, code.id);
  }
}

/**
 * A second redemption may have come while this one was under way, and have looked for the refresh token before there was one.
 * It revokes the access token first, so either it finds the refresh token or that revocation is found here.
 */
async function endWhenReplayed(
  provider: ProviderContext,
  codeId: string,
  accessTokenId: string,
  refreshTokenId: string,
): Promise<void> {
  if ((await provider.store.revokedTokens.find(accessTokenId)) === undefined) return;
  if (refreshTokenId !== "") await endRefreshToken(provider, refreshTokenId);
  await refuseReplay(provider, codeId);
}

/** A code that was redeemed already is in the wrong hands, or was: end what it led to. */
async function refuseReplay(provider: ProviderContext, codeId: string): Promise<never> {
  const redeemed = await provider.store.redeemedCodes.find(codeId);
  if (redeemed !== undefined) {
    for (const tokenId of redeemed.tokenIds) await provider.tokens.revoke(tokenId, redeemed.expiry);
    if (redeemed.refreshTokenId !== "") await endRefreshToken(provider, redeemed.refreshTokenId);
    provider.log.warn("authorization code replayed: what it led to is revoked");
  }
  throw new OAuthError("invalid_grant", REFUSED);
}
