import type { Session } from "../../session/session.ts";
import type { Decision } from "../decide.ts";
import { answerIdentityHeaders } from "../identity-headers.ts";
import { rememberBySession } from "../remember-by-session.ts";
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
  render(decision: Decision, context: CheckContext): Response;
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
 * Allowed answers' headers, built once for every session object. At most one cookie, as {@link withOneCookie} says.
 */
export function createAllowHeaders(): AllowHeaders {
  const identityHeaders = rememberBySession((session) => {
    const headers = new Headers({ "Cache-Control": "no-store" });
    for (const [name, value] of answerIdentityHeaders(session)) headers.set(name, value);
    return headers;
  });
  return (decision, { session, setCookies }) => {
    const isKnown = decision.outcome === "allow" && decision.subject !== undefined;
    return withOneCookie(identityHeaders(isKnown ? session : undefined), setCookies);
  };
}

/** The headers themselves, or a copy with the first of the cookies: nginx loses or garbles a second one. */
export function withOneCookie(headers: Headers, [cookie]: readonly string[]): Headers {
  if (cookie === undefined) return headers;
  const copy = new Headers(headers);
  copy.set("Set-Cookie", cookie);
  return copy;
}
