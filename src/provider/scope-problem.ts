import { goQuotedList } from "../protocol/go-json.ts";
import { peerOfScope, unrecognizedScopes } from "../protocol/scope.ts";
import type { ProviderContext } from "./provider-deps.ts";
import { trustsPeer } from "./token/token-claims.ts";

/**
 * Does each of these scopes stand for something, and does each client whose tokens are asked for trust the one that asks?
 *
 * @returns what is wrong, in dex's words; undefined when nothing is.
 */
export async function scopeProblem(
  provider: ProviderContext,
  clientId: string,
  scopes: readonly string[],
): Promise<string | undefined> {
  const unknown = unrecognizedScopes(scopes);
  if (unknown.length > 0) return `Unrecognized scope(s) ${goQuotedList(unknown)}`;
  const untrusted: string[] = [];
  for (const scope of scopes) {
    const peer = peerOfScope(scope);
    if (peer !== undefined && !(await trustsPeer(provider, peer, clientId))) untrusted.push(scope);
  }
  return untrusted.length > 0 ? `Client can't request scope(s) ${goQuotedList(untrusted)}` : undefined;
}
