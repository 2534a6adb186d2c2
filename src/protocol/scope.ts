const PEER_PREFIX = "audience:server:client_id:";
const KNOWN = new Set(["openid", "email", "profile", "groups", "offline_access", "federated:id", "address", "phone"]);

/** The scopes of a `scope` parameter, in order, empty ones left out; dex's clients may separate them by tabs too. RFC 6749 §3.3. */
export function parseScopes(scope: string): readonly string[] {
  return scope.split(/[ \t\r\n]+/).filter((one) => one !== "");
}

/** Scopes that stand for nothing. */
export function unrecognizedScopes(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !KNOWN.has(scope) && peerOfScope(scope) === undefined);
}

/** The client that a cross-client scope asks tokens for; undefined for other scopes. */
export function peerOfScope(scope: string): string | undefined {
  return scope.startsWith(PEER_PREFIX) ? scope.slice(PEER_PREFIX.length) : undefined;
}
