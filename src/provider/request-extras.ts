/**
 * What a request says besides what dex keeps of one. It travels among the scopes, as one that nobody can ask for, because that is a
 * list which goes from the request to the code and the refresh token, and which dex hands on without looking at what it does not know.
 */
export interface RequestExtras {
  /** Absent: what goes with the response types. */
  readonly responseMode?: "form_post" | "fragment" | "query";
  /** Claims asked for by name (OpenID Connect Core §5.5). */
  readonly claims?: RequestedClaims;
  /** Ways of signing in that the client prefers, as sent (OpenID Connect Core §3.1.2.1). */
  readonly acrValues?: string;
  /** The way that was taken, where the client asked and the upstream told. */
  readonly acr?: string;
}

export interface RequestedClaims {
  readonly idToken: readonly string[];
  readonly userinfo: readonly string[];
  /** The person must be this one. */
  readonly subject?: string;
}

const PREFIX = "gatehouse:";

/** Scopes as they are stored. */
export function withExtras(scopes: readonly string[], extras: RequestExtras): readonly string[] {
  if (Object.values(extras).every((value) => value === undefined)) return scopes;
  return [...scopes, PREFIX + Buffer.from(JSON.stringify(extras)).toString("base64url")];
}

/** Scopes as the client sent them. */
export function withoutExtras(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !scope.startsWith(PREFIX));
}

export function extrasOf(scopes: readonly string[]): RequestExtras {
  const stored = scopes.find((scope) => scope.startsWith(PREFIX));
  if (stored === undefined) return {};
  // Only `withExtras` writes it: no client may ask for such a scope.
  return JSON.parse(Buffer.from(stored.slice(PREFIX.length), "base64url").toString()) as RequestExtras;
}
