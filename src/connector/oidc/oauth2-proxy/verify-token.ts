import type { OidcOptions } from "../../../config/connector-configuration.ts";
import type { Clock } from "../../../protocol/clock.ts";
import { ConnectorError } from "../../connector-error.ts";
import type { Claims } from "../identity-claims.ts";
import { verifyJwt } from "../jwt-signature.ts";
import type { KeySource } from "../key-source.ts";
import { ASYMMETRIC_ALGORITHMS, type ProviderMetadata } from "../provider-metadata.ts";
import { untrusted } from "../upstream-request.ts";
import { decodeClaims } from "./coerce-claim.ts";

export interface VerifyTokenDeps {
  readonly clock: Clock;
  readonly keys: KeySource;
}

/** What a token must say to be for us. */
export type TokenRules = Pick<
  OidcOptions,
  "clientId" | "audienceClaims" | "extraAudiences" | "skipIssuerVerification"
> & {
  /** It may be for anybody. Default false. */
  readonly anyAudience?: boolean;
};

/** How far `nbf` may lie ahead. The end of a token is taken literally. */
const NOT_BEFORE_LEEWAY_SECONDS = 300;
const GOOGLE = "https://accounts.google.com";
/** Signed by the same keys, but never a proof of who somebody is (RFC 8725 §3.11). */
const OTHER_TYPES = new Set(["logout+jwt", "token-introspection+jwt", "secevent+jwt", "dpop+jwt"]);

/**
 * Verify a token as oauth2-proxy does: signature, issuer, times and audience. Neither `sub` nor `iat` nor `azp` is asked for.
 *
 * @throws {ConnectorError} `untrusted`, or `unreachable` when the keys cannot be fetched.
 */
export async function verifyToken(
  deps: VerifyTokenDeps,
  metadata: ProviderMetadata,
  rules: TokenRules,
  token: string,
): Promise<Claims> {
  const claims = await verifySigned(deps, metadata, token, {
    algorithms: metadata.signingAlgorithms,
    ...(rules.skipIssuerVerification !== true && { issuers: issuersOf(metadata.issuer) }),
  });
  const problem = findProblem(claims, rules, deps.clock());
  if (problem !== undefined) throw untrusted(`the token is not valid: ${problem}`);
  return claims;
}

/**
 * Verify a signed statement of the upstream's that is not an ID token, such as userinfo or an access token: its signature, its
 * issuer and end if it names them.
 *
 * @throws {ConnectorError} `untrusted`, or `unreachable` when the keys cannot be fetched.
 */
export async function verifyStatement(
  deps: VerifyTokenDeps,
  metadata: ProviderMetadata,
  rules: TokenRules,
  token: string,
): Promise<Claims> {
  const claims = await verifySigned(deps, metadata, token, { algorithms: ASYMMETRIC_ALGORITHMS });
  const isOurs = claims.iss === undefined || issuersOf(metadata.issuer).some((issuer) => issuer === claims.iss);
  if (!isOurs && rules.skipIssuerVerification !== true) throw untrusted("the signed answer is of another issuer");
  if (typeof claims.exp === "number" && claims.exp < deps.clock()) throw untrusted("the signed answer has ended");
  return claims;
}

/** Google's tokens may name their issuer without the scheme. */
function issuersOf(issuer: string): string[] {
  return issuer === GOOGLE ? [issuer, "accounts.google.com"] : [issuer];
}

async function verifySigned(
  { clock, keys }: VerifyTokenDeps,
  metadata: ProviderMetadata,
  token: string,
  asked: { readonly algorithms: readonly string[]; readonly issuers?: readonly string[] },
): Promise<Claims> {
  const { protectedHeader } = await verifyJwt(keys, metadata.jwksUri, token, {
    algorithms: [...asked.algorithms],
    ...(asked.issuers && { issuer: [...asked.issuers] }),
    clockTolerance: NOT_BEFORE_LEEWAY_SECONDS,
    currentDate: new Date(clock() * 1000),
  }).catch((error: unknown) => {
    if (error instanceof ConnectorError) throw error;
    throw untrusted(`the token is not valid: ${error instanceof Error ? error.message : "unknown failure"}`);
  });
  const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, "");
  if (type !== undefined && OTHER_TYPES.has(type)) throw untrusted("the token is of another type");
  const claims = decodeClaims(token);
  if (claims === undefined) throw untrusted("the token has no claims");
  return claims;
}

function findProblem(claims: Claims, rules: TokenRules, now: number): string | undefined {
  if (typeof claims.exp !== "number") return "it has no end";
  if (claims.exp < now) return "it has ended";
  if (typeof (claims.sub ?? "") !== "string") return "sub is not a text";
  return rules.anyAudience === true || audienceFits(claims, rules) ? undefined : "it is for somebody else";
}

/** The first of the audience claims that the token has decides. What is not a text in it names nobody. */
function audienceFits(claims: Claims, { clientId, audienceClaims, extraAudiences = [] }: TokenRules): boolean {
  const names = audienceClaims?.length ? audienceClaims : ["aud"];
  const name = names.find((candidate) => Object.hasOwn(claims, candidate));
  const value = name === undefined ? undefined : claims[name];
  const audiences: readonly unknown[] = Array.isArray(value) ? value : [value];
  return [clientId, ...extraAudiences].some((ours) => audiences.includes(ours));
}
