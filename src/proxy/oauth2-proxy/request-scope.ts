import type { Peer } from "../../http/handler.ts";
import { noteForwardedHost } from "../../http/browser-host.ts";
import { pathAndQueryOf, pathOf, queryOf } from "../../http/request-target.ts";
import type { FormValues } from "./form-values.ts";
import type { Session } from "../../session/session.ts";

/** What one request is about. Its last three members are written on the way, each by one place only. */
export interface RequestScope {
  readonly request: Request;
  readonly peer: Peer;
  /** As it was sent, without query. */
  readonly path: string;
  /** Without `?`; with `&` for `;` where the configuration says so. */
  readonly query: string;
  /** Does it come from a proxy whose forwarding headers we believe? */
  readonly isForwarded: boolean;
  /** The gateway's, else one of ours. */
  readonly requestId: string;
  /** `Set-Cookie` values to answer with, whatever the answer is: who signs in, renews or signs out adds theirs or takes others' away. */
  readonly cookies: string[];
  /** For the log: the session that came with it, may it enter or not. From `authenticate`. */
  session?: Session;
  /** For the log: the upstream that it was sent to. From `proxied`. */
  upstream?: string;
  /** Its fields: a body can be read only once. From `form-values`. */
  form?: Promise<FormValues>;
}

export interface ScopeRules {
  readonly reverseProxy: boolean;
  readonly allowQuerySemicolons: boolean;
  readonly requestIdHeader: string;
  readonly trustedProxies: { trusts(address: string): boolean };
}

export function openScope(rules: ScopeRules, request: Request, peer: Peer): RequestScope {
  const scope = new OpenedScope(rules, request, peer);
  const host = rules.reverseProxy ? request.headers.get("x-forwarded-host") : null;
  if (host !== null && scope.isForwarded) noteForwardedHost(request, host);
  return scope;
}

/** A class, because one is made for every request, and most are never asked what takes time to find out. */
class OpenedScope implements RequestScope {
  readonly request: Request;
  readonly peer: Peer;
  readonly path: string;
  readonly query: string;
  readonly cookies: string[] = [];
  session?: Session;
  upstream?: string;
  form?: Promise<FormValues>;
  readonly #rules: ScopeRules;
  #isForwarded: boolean | undefined;
  #requestId: string | undefined;

  constructor(rules: ScopeRules, request: Request, peer: Peer) {
    const query = queryOf(request);
    this.request = request;
    this.peer = peer;
    this.path = pathOf(request);
    this.query = rules.allowQuerySemicolons ? query.replaceAll(";", "&") : query;
    this.#rules = rules;
  }

  get isForwarded(): boolean {
    this.#isForwarded ??= this.#rules.reverseProxy && isTrustedHop(this.#rules, this.peer);
    return this.#isForwarded;
  }

  get requestId(): string {
    this.#requestId ??= requestIdOf(this.request, this.#rules.requestIdHeader);
    return this.#requestId;
  }
}

/** Whoever reaches our unix socket is let in by the file system: it has no address. */
function isTrustedHop({ trustedProxies }: ScopeRules, peer: Peer): boolean {
  const address = peer.address();
  return address === "" || trustedProxies.trusts(address);
}

/** Text of the gateway's is kept; else a new one. */
function requestIdOf(request: Request, header: string): string {
  const sent = request.headers.get(header);
  return sent !== null && /^[!-~]{1,128}$/.test(sent) ? sent : crypto.randomUUID();
}

/** Scheme that the browser used, in lower case: the trusted hop's word, else how the request came to us. */
export function browserSchemeOf({ request, peer, isForwarded }: RequestScope): string {
  const forwarded = isForwarded ? request.headers.get("x-forwarded-proto") : null;
  if (forwarded !== null && forwarded !== "") return forwarded.toLowerCase();
  return peer.secure === true ? "https" : "http";
}

/** Path and query that the browser asked for: the trusted hop's word, else the request's own. */
export function browserUriOf(scope: RequestScope): string {
  return forwardedUri(scope) ?? ownUri(scope);
}

/** What the trusted hop says was asked for; undefined when it does not say. */
export function forwardedUri({ request, isForwarded }: RequestScope): string | undefined {
  const forwarded = isForwarded ? request.headers.get("x-forwarded-uri") : null;
  return forwarded === null || forwarded === "" ? undefined : forwarded;
}

/** Path and query of the request itself. */
export function ownUri({ request, path, query }: RequestScope): string {
  if (!request.url.includes("?")) return path;
  return query === "" ? pathAndQueryOf(request) : `${path}?${query}`;
}
