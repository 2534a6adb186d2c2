import { OAuthError } from "../../protocol/oauth-error.ts";
import { peerOfScope } from "../../protocol/scope.ts";
import { encodeSubject } from "../../protocol/subject.ts";
import { extrasOf } from "../request-extras.ts";
import { findPersonalClaims, pickPersonalClaims } from "../personal-claims.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { PersonalClaims, StoredClaims } from "../storage-model.ts";

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

/** Where a token goes: the ID token to the client, the access token to userinfo; `alone` is an ID token without an access token. */
export type TokenUse = "id_token" | "access_token" | "alone";

/** What differs between the tokens of one answer. */
export interface TokenParts {
  readonly use: TokenUse;
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly atHash?: string;
  readonly cHash?: string;
}

/** What the store says for every token of one answer. */
export interface TokenFacts {
  readonly audience: readonly string[];
  readonly personal: PersonalClaims["claims"];
}

/** @throws {OAuthError} `server_error` when a peer no longer trusts the client. */
export async function readTokenFacts(provider: ProviderContext, subject: TokenSubject): Promise<TokenFacts> {
  const { claims, connectorId, scopes } = subject;
  const owner = { userId: claims.userId, connectorId };
  return {
    audience: await audienceOf(provider, subject),
    personal: await findPersonalClaims(provider, owner, { scopes, names: requestedNames(scopes, "alone") }),
  };
}

/** The claims of a token, in the order that dex writes them; members that are undefined are left out. */
export function tokenClaims(
  { issuer, idTokenSeconds }: ProviderContext["configuration"],
  subject: TokenSubject,
  { audience, personal }: TokenFacts,
  parts: TokenParts,
): object {
  return {
    iss: issuer,
    sub: encodeSubject({ userId: subject.claims.userId, connectorId: subject.connectorId }),
    aud: audience.length === 1 ? audience[0] : audience,
    exp: parts.issuedAt + idTokenSeconds,
    iat: parts.issuedAt,
    jti: parts.tokenId,
    azp: audience.length > 1 ? subject.clientId : undefined,
    nonce: subject.nonce || undefined,
    auth_time: subject.authTime > 0 ? Math.trunc(subject.authTime) : undefined,
    acr: parts.use === "access_token" ? undefined : extrasOf(subject.scopes).acr,
    at_hash: parts.atHash,
    c_hash: parts.cHash,
    ...identityClaims(subject, personal, parts.use),
  };
}

/** What the scopes, and claims asked for by name, let a client know (OpenID Connect Core §5.4, §5.5, and dex's own scopes). */
function identityClaims(subject: TokenSubject, personal: TokenFacts["personal"], use: TokenUse): object {
  const { claims, connectorId, scopes } = subject;
  const granted: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    email: { email: claims.email || undefined, email_verified: claims.emailVerified },
    groups: { groups: claims.groups.length > 0 ? claims.groups : undefined },
    profile: { name: claims.username || undefined, preferred_username: claims.preferredUsername || undefined },
    "federated:id": {
      federated_claims: { connector_id: connectorId || undefined, user_id: claims.userId || undefined },
    },
  };
  const byScope = Object.keys(granted).filter((scope) => scopes.includes(scope));
  const told = Object.assign({}, ...byScope.map((scope) => granted[scope]));
  const names = requestedNames(scopes, use);
  const byName = Object.values(granted).flatMap((values) =>
    Object.entries(values).filter(([name]) => names.includes(name)),
  );
  // The ID token stays as small as clients of dex know it: what is more comes from userinfo.
  const personalScopes = use === "id_token" ? [] : scopes;
  return {
    ...told,
    ...Object.fromEntries(byName),
    ...pickPersonalClaims(personal, { scopes: personalScopes, names }),
  };
}

function requestedNames(scopes: readonly string[], use: TokenUse): readonly string[] {
  const { claims } = extrasOf(scopes);
  if (claims === undefined) return [];
  if (use === "alone") return [...claims.idToken, ...claims.userinfo];
  return use === "id_token" ? claims.idToken : claims.userinfo;
}

/**
 * Whom a token is for: the client, or the peers that it asked for, whose trust is looked at again at every issue.
 *
 * @throws {OAuthError} `server_error` when a peer no longer trusts the client.
 */
async function audienceOf(provider: ProviderContext, subject: TokenSubject): Promise<readonly string[]> {
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
