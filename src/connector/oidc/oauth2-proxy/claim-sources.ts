import type { ProviderMetadata } from "../provider-metadata.ts";
import { type Claims, findClaim } from "../identity-claims.ts";
import type { OidcUpstream } from "../oidc-upstream.ts";
import type { ConnectorError } from "../../connector-error.ts";
import { askUpstream, type Fetch, type UpstreamAnswer, unreachable, untrusted } from "../upstream-request.ts";
import { parseClaims } from "./coerce-claim.ts";
import { type TokenRules, verifyStatement, type VerifyTokenDeps } from "./verify-token.ts";

/** Where claims come from: a verified token first, then the userinfo endpoint, asked once and only when it is needed. */
export interface ClaimSources {
  readonly token: Claims;
  /**
   * No claims when there is no such endpoint.
   * @throws {ConnectorError} `unreachable`; `untrusted` when it speaks of another subject than the token.
   */
  userinfo(): Promise<Claims>;
}

/** Sources of a token that came without an access token. */
export function tokenOnly(token: Claims): ClaimSources {
  return { token, userinfo: () => Promise.resolve({}) };
}

/** Somebody's verified tokens. */
export interface SourceTokens {
  /** The verified claims of the ID token. */
  readonly claims: Claims;
  readonly accessToken: string | undefined;
  /** The endpoint knows people by other identifiers than the ID token. Default false: an answer about another one is refused. */
  readonly ignoreSubject?: boolean;
}

/** The ID token, and what the upstream tells at its userinfo endpoint. */
export function createClaimSources(
  upstream: OidcUpstream,
  metadata: ProviderMetadata,
  { claims, accessToken, ignoreSubject = false }: SourceTokens,
): ClaimSources {
  const endpoint = upstream.configuration.skipUserinfo === true ? undefined : metadata.userinfoEndpoint;
  if (endpoint === undefined || accessToken === undefined) return tokenOnly(claims);
  const subject = ignoreSubject ? undefined : claims.sub;
  let asked: Promise<Claims> | undefined;
  return {
    token: claims,
    userinfo: () => {
      asked ??= fetchClaims(upstream, metadata, { endpoint, accessToken, subject });
      return asked;
    },
  };
}

/**
 * A claim by its path, from the token if it has it.
 * @returns undefined when nobody has it; null counts as not there.
 */
export async function findInSources(sources: ClaimSources, path: string): Promise<unknown> {
  if (path === "") return undefined;
  return findClaim([sources.token], path) ?? findClaim([await sources.userinfo()], path);
}

interface UserinfoQuestion {
  readonly endpoint: string;
  readonly accessToken: string;
  /** An answer about anybody else is refused (token substitution); absent = the token names nobody. */
  readonly subject: unknown;
  /** What a refusal of the access token (401, 403) is. Default `unreachable`: the upstream issued it just now. */
  readonly refusedToken?: (reason: string) => ConnectorError;
}

/** What it takes to ask. */
export type ClaimsDeps = VerifyTokenDeps & { readonly fetch: Fetch; readonly configuration: TokenRules };

/**
 * Ask an endpoint that says who the owner of an access token is.
 *
 * @throws {ConnectorError} `unreachable`; `untrusted` when it speaks of somebody else, or is signed by somebody else.
 * @see OpenID Connect Core §5.3
 */
export async function fetchClaims(
  upstream: ClaimsDeps,
  metadata: ProviderMetadata,
  { endpoint, accessToken, subject, refusedToken = unreachable }: UserinfoQuestion,
): Promise<Claims> {
  const answer = await askUpstream(upstream.fetch, {
    what: "the userinfo endpoint",
    url: endpoint,
    headers: { Authorization: `Bearer ${accessToken}` },
  });
  const { status } = answer;
  const failure = status === 401 || status === 403 ? refusedToken : unreachable;
  if (status !== 200) throw failure(`the userinfo endpoint answered ${status}`);
  const claims = await readAnswer(upstream, metadata, answer);
  if (claims === undefined) throw unreachable("the userinfo endpoint answered without claims");
  const isAnother = typeof subject === "string" && subject !== "" && claims.sub !== undefined && claims.sub !== subject;
  if (isAnother) throw untrusted("the userinfo endpoint speaks of another subject than the ID token");
  return claims;
}

function readAnswer(
  upstream: ClaimsDeps,
  metadata: ProviderMetadata,
  { contentType, text }: UpstreamAnswer,
): Promise<Claims | undefined> | Claims | undefined {
  const isSigned = contentType === "application/jwt" && text.trim().split(".").length === 3 && !text.startsWith("{");
  return isSigned ? verifyStatement(upstream, metadata, upstream.configuration, text.trim()) : parseClaims(text);
}
