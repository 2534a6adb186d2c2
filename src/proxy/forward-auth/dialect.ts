import type { Session } from "../../session/session.ts";
import type { Decision } from "../decide.ts";
import { answerIdentityHeaders, type IdentityHeaderRules } from "../identity-headers.ts";
import type { Target } from "../target.ts";

/** How one gateway family asks and is answered. Nothing else may differ between gateways. */
export interface Dialect {
  /** The last part of its path, and its name in the log. */
  readonly name: string;
  /**
   * What the gateway asks about, from this family's headers only.
   *
   * @param isTrusted may the peer's headers be believed? Asked only by a dialect that has headers to believe.
   * @returns undefined when the request does not say, says it ambiguously, or must not be believed: then it is forbidden.
   */
  readTarget(request: Request, isTrusted: () => boolean): Target | undefined;
  /** An allowed answer has one status, no body, no validator and no redirect; it may be given to any method. */
  render(decision: Decision, context: CheckContext): Response | Promise<Response>;
}

/** What a dialect may use to answer. */
export interface CheckContext {
  readonly request: Request;
  /** Absent only when the decision is a `no-target`. */
  readonly target: Target | undefined;
  readonly session: Session | undefined;
  readonly setCookies: readonly string[];
}

/** Where a browser signs in and comes back from to a return target: an absolute URL. */
export type SignInUrl = (returnTarget: string) => string;

/** Makes the headers of allowed answers. */
export type AllowHeaders = (decision: Decision, context: CheckContext) => Headers;

/**
 * Allowed answers' headers, built once for every session object and kept as long as it lives: this is the hot path.
 *
 * @param base headers of every allowed answer.
 * @param maxCookies how many `Set-Cookie` lines the gateway can take.
 */
export function createAllowHeaders(
  rules: IdentityHeaderRules,
  base: Readonly<Record<string, string>>,
  maxCookies: number,
): AllowHeaders {
  const build = (session: Session | undefined): Headers => {
    const headers = new Headers(base);
    for (const [name, value] of answerIdentityHeaders(rules, session)) headers.set(name, value);
    return headers;
  };
  const stranger = build(undefined);
  const known = new WeakMap<Session, Headers>();
  const identityHeaders = (session: Session | undefined): Headers => {
    if (session === undefined) return stranger;
    let headers = known.get(session);
    if (headers === undefined) {
      headers = build(session);
      known.set(session, headers);
    }
    return headers;
  };
  return (decision, { session, setCookies }) => {
    const isKnown = decision.outcome === "allow" && decision.subject !== undefined;
    return withCookies(identityHeaders(isKnown ? session : undefined), setCookies, maxCookies);
  };
}

/** The headers themselves, or a copy with the first `max` of the cookies. */
export function withCookies(headers: Headers, setCookies: readonly string[], max: number): Headers {
  if (setCookies.length === 0) return headers;
  const copy = new Headers(headers);
  for (const cookie of setCookies.slice(0, max)) copy.append("Set-Cookie", cookie);
  return copy;
}
