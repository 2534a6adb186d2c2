import { goQuotedList } from "../../protocol/go-json.ts";
import { OAuthError, type OAuthErrorCode } from "../../protocol/oauth-error.ts";
import { peerOfScope, unrecognizedScopes } from "../../protocol/scope.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { trustsPeer } from "./token-claims.ts";

/** What a client wants at the token endpoint, and the word for wanting too much. */
export interface WantedScopes {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly error: OAuthErrorCode;
}

/**
 * Does each of these scopes stand for something, and does each client whose tokens are asked for trust the one that asks?
 *
 * @throws {OAuthError} in dex's words.
 */
export async function checkScopes(provider: ProviderContext, wanted: WantedScopes): Promise<void> {
  const { clientId, scopes, error } = wanted;
  const unknown = unrecognizedScopes(scopes);
  if (unknown.length > 0) throw new OAuthError(error, `Unrecognized scope(s) ${goQuotedList(unknown)}`);
  const untrusted: string[] = [];
  for (const scope of scopes) {
    const peer = peerOfScope(scope);
    if (peer !== undefined && !(await trustsPeer(provider, peer, clientId))) untrusted.push(scope);
  }
  if (untrusted.length > 0) throw new OAuthError(error, `Client can't request scope(s) ${goQuotedList(untrusted)}`);
}
