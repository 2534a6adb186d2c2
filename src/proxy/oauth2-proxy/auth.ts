import type { HeaderField } from "../../http/exchange.ts";
import type { Identity } from "../../protocol/identity.ts";
import type { Session } from "../../session/session.ts";
import { hasConstraints, meetsConstraints } from "../query-constraints.ts";
import { rememberBySession } from "../remember-by-session.ts";
import { plainAnswer, withCookies } from "./answers.ts";
import { authenticate, type Authentication } from "./authenticate.ts";
import type { OAuth2ProxyDeps } from "./deps.ts";
import type { RequestScope } from "./request-scope.ts";

export interface AuthDeps extends OAuth2ProxyDeps {
  /** From {@link createAllowedHeaders}. */
  readonly allowedHeaders: (session: Session | undefined) => Headers;
}

/**
 * `{prefix}/auth`: 202, 401 or 403 for a gateway, without a body worth reading. No `Cache-Control`: users let their gateway keep the
 * answer for a moment. Synchronous when the session's cache answers.
 */
export function auth(deps: AuthDeps, scope: RequestScope): Response | Promise<Response> {
  const result = authenticate(deps, scope);
  return result instanceof Promise ? result.then((later) => answer(deps, scope, later)) : answer(deps, scope, result);
}

function answer(deps: AuthDeps, scope: RequestScope, authentication: Authentication): Response {
  if (authentication.outcome === "refused") return plainAnswer(scope, 403);
  if (authentication.outcome !== "pass") return plainAnswer(scope, 401);
  const { session } = authentication;
  if (session !== undefined && !isWithinConstraints(scope, session.identity)) return plainAnswer(scope, 403);
  const headers = deps.allowedHeaders(session);
  return new Response(null, { status: 202, headers: withCookies(headers, scope.cookies) });
}

/** Does somebody meet what the query asks for (`allowed_groups`, `allowed_emails`, `allowed_email_domains`)? */
export function isWithinConstraints({ query }: RequestScope, subject: Identity): boolean {
  return !hasConstraints(query) || meetsConstraints(query, { subject, verifiedEmailOnly: false });
}

type AnswerHeaders = (session: Session | undefined) => readonly HeaderField[];

/** What an allowed answer says: who is signed in, and what is configured to be said of them. Asked for on every request, so remembered. */
export function createAllowedHeaders(answerHeaders: AnswerHeaders): (session: Session | undefined) => Headers {
  return rememberBySession((session) => {
    const headers = new Headers();
    for (const [name, value] of allowedFields(answerHeaders, session)) headers.append(name, value);
    return headers;
  });
}

/** {@link createAllowedHeaders} as fields, for an answer that has others besides. */
export function createAllowedFields(answerHeaders: AnswerHeaders): AnswerHeaders {
  return rememberBySession((session) => allowedFields(answerHeaders, session));
}

/** `GAP-Auth`, then what is configured. */
function allowedFields(answerHeaders: AnswerHeaders, session: Session | undefined): readonly HeaderField[] {
  if (session === undefined) return answerHeaders(undefined);
  const { email, userId } = session.identity;
  return [["gap-auth", headerText(email === "" ? userId : email)], ...answerHeaders(session)];
}

/** UTF-8 as it goes over the wire; nothing that could begin another line. */
function headerText(text: string): string {
  return Buffer.from(text.replaceAll(/[\r\n\0]+/g, " ")).toString("latin1");
}
