import { OAuthError } from "../../protocol/oauth-error.ts";
import { peerOfScope } from "../../protocol/scope.ts";
import { encodeSubject } from "../../protocol/subject.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { StoredClaims } from "../storage-model.ts";

/** What a token is issued for. */
export interface TokenSubject {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly nonce: string;
  readonly claims: StoredClaims;
  readonly connectorId: string;
  /** When the person signed in, seconds since the epoch; 0 = not told. */
  readonly authTime: number;
}

/** What differs between the tokens of one answer. */
export interface TokenParts {
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly atHash?: string;
  readonly cHash?: string;
}

/** The claims of a token, in the order that dex writes them; members that are undefined are left out. */
export function tokenClaims(
  provider: ProviderContext,
  subject: TokenSubject,
  audience: readonly string[],
  parts: TokenParts,
): object {
  return {
    iss: provider.configuration.issuer,
    sub: encodeSubject({ userId: subject.claims.userId, connectorId: subject.connectorId }),
    aud: audience.length === 1 ? audience[0] : audience,
    exp: parts.issuedAt + provider.configuration.idTokenSeconds,
    iat: parts.issuedAt,
    jti: parts.tokenId,
    azp: audience.length > 1 ? subject.clientId : undefined,
    nonce: subject.nonce || undefined,
    auth_time: subject.authTime > 0 ? Math.trunc(subject.authTime) : undefined,
    at_hash: parts.atHash,
    c_hash: parts.cHash,
    ...identityClaims(subject),
  };
}

/** What the scopes let a client know (OpenID Connect Core §5.4, and dex's own scopes). */
function identityClaims({ claims, connectorId, scopes }: TokenSubject): object {
  const granted: Readonly<Record<string, object>> = {
    email: { email: claims.email || undefined, email_verified: claims.emailVerified },
    groups: { groups: claims.groups.length > 0 ? claims.groups : undefined },
    profile: { name: claims.username || undefined, preferred_username: claims.preferredUsername || undefined },
    "federated:id": {
      federated_claims: { connector_id: connectorId || undefined, user_id: claims.userId || undefined },
    },
  };
  const names = Object.keys(granted).filter((scope) => scopes.includes(scope));
  return Object.assign({}, ...names.map((scope) => granted[scope]));
}

/**
 * Whom a token is for: the client, or the peers that it asked for, whose trust is looked at again at every issue.
 *
 * @throws {OAuthError} `server_error` when a peer no longer trusts the client.
 */
export async function audienceOf(provider: ProviderContext, subject: TokenSubject): Promise<readonly string[]> {
  const peers = subject.scopes.map(peerOfScope).filter((peer) => peer !== undefined);
  for (const peer of peers) {
    if (!(await trustsPeer(provider, peer, subject.clientId))) {
      throw new OAuthError("server_error", "", { status: 500 });
    }
  }
  if (peers.length === 0) return [subject.clientId];
  return peers.includes(subject.clientId) ? peers : [...peers, subject.clientId];
}

/** May `clientId` ask for tokens for `peer`? A client trusts itself. */
export async function trustsPeer(provider: ProviderContext, peer: string, clientId: string): Promise<boolean> {
  if (peer === clientId) return true;
  return (await provider.store.clients.find(peer))?.trustedPeers.includes(clientId) ?? false;
}
