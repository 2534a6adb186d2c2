import type { HeaderInjection } from "../../../config/oauth2-proxy-configuration.ts";
import { createTrustedProxies } from "../../../http/client-address.ts";
import type { HeaderField } from "../../../http/exchange.ts";
import { PRIVATE_RANGES } from "../../../protocol/private-ranges.ts";
import type { Session } from "../../../session/session.ts";
import type { Log } from "../../../telemetry/log.ts";
import {
  connectionOptions,
  isForwardingHeader,
  ONE_CONNECTION,
  rememberAnswers,
} from "../../upstream/dropped-headers.ts";
import { withoutOwnCookies } from "../../upstream/request-headers.ts";
import { createHeaderStrip, createHeaderValues } from "../header-injection.ts";

/** What the header fields of a request to an upstream depend on besides the request. */
export interface RequestFacts {
  readonly session?: Session;
  /** Address of the TCP peer; empty for a unix socket. */
  readonly peerAddress: string;
  /** Instead of the client's `Host`. */
  readonly host?: string;
}

export interface RequestHeadersDeps {
  readonly log: Log;
  /** Addresses and CIDR ranges of trusted proxies; empty = none is named. */
  readonly trustedProxyRanges: readonly string[];
  readonly ownCookieNames: (name: string) => boolean;
}

export type RequestHeaders = (headers: Headers, facts: RequestFacts) => HeaderField[];

/**
 * The header fields of a request on its way to an upstream. First what the client sent, without what must not pass; then what we
 * say ourselves, so nothing in the request, such as `Connection: X-Forwarded-User`, can take it away.
 *
 * Forwarding headers ({@link isForwardingHeader}) pass when a gateway sent them: a trusted proxy, or, where none is named, a private
 * address. From anybody else they are dropped. `X-Forwarded-For` ends with the peer's address.
 *
 * The first time this happens is logged: it may be a gateway that somebody forgot to name.
 */
export function createRequestHeaders(deps: RequestHeadersDeps, injections: readonly HeaderInjection[]): RequestHeaders {
  const { trustedProxyRanges: trustedRanges, ownCookieNames } = deps;
  const { trusts } = createTrustedProxies(trustedRanges.length > 0 ? trustedRanges : PRIVATE_RANGES);
  const strips = createHeaderStrip(injections);
  const rules: Rules = {
    values: createHeaderValues(injections.filter(({ name }) => !ONE_CONNECTION.has(name.toLowerCase()))),
    isDropped: rememberAnswers((name) => ONE_CONNECTION.has(name) || strips(name)),
    isForwarding: rememberAnswers(isForwardingHeader),
    isGateway: (address) => address === "" || trusts(address),
    preserved: new Set(injections.filter((one) => one.preserveRequestValue).map(({ name }) => name.toLowerCase())),
    ownCookieNames,
    onDropped: createDropWarning(deps.log),
  };
  return (headers, facts) => requestHeaders(rules, headers, facts);
}

interface Rules {
  readonly values: (session: Session | undefined) => readonly HeaderField[];
  readonly isDropped: (name: string) => boolean;
  readonly isForwarding: (name: string) => boolean;
  readonly isGateway: (address: string) => boolean;
  /** Names in lower case under which the client's value stays, before ours. */
  readonly preserved: ReadonlySet<string>;
  readonly ownCookieNames: (name: string) => boolean;
  /** Forwarding headers of this peer were dropped. */
  readonly onDropped: (address: string) => void;
}

function createDropWarning(log: Log): Rules["onDropped"] {
  let isTold = false;
  return (peer) => {
    if (isTold) return;
    isTold = true;
    const remedy = "If it is a gateway, name it: --reverse-proxy --trusted-proxy-ip=ADDRESS.";
    log.warn("forwarding headers of an unknown peer do not reach the application", { peer, remedy });
  };
}

function requestHeaders(rules: Rules, headers: Headers, facts: RequestFacts): HeaderField[] {
  const fields: HeaderField[] = [["host", facts.host ?? headers.get("host") ?? ""]];
  const kept = new Map<string, string>();
  const named = connectionOptions(headers.get("connection"));
  const isGateway = rules.isGateway(facts.peerAddress);
  headers.forEach((value, name) => {
    if (rules.isDropped(name) || named.has(name)) return;
    if (!isGateway && rules.isForwarding(name)) return rules.onDropped(facts.peerAddress);
    if (name === "cookie") addCookies(fields, value, rules.ownCookieNames);
    else if (name === FORWARDED_FOR || rules.preserved.has(name)) kept.set(name, value);
    else fields.push([name, value]);
  });
  if (takesTrailers(headers)) fields.push(["te", "trailers"]);
  addForwardedFor(kept, rules, facts);
  for (const [name, value] of rules.values(facts.session)) {
    const sent = kept.get(name.toLowerCase());
    kept.delete(name.toLowerCase());
    fields.push([name, sent === undefined ? value : `${sent},${value}`]);
  }
  return [...fields, ...kept];
}

const FORWARDED_FOR = "x-forwarded-for";

function addForwardedFor(kept: Map<string, string>, { isDropped }: Rules, { peerAddress }: RequestFacts): void {
  if (peerAddress === "" || isDropped(FORWARDED_FOR)) return;
  const before = kept.get(FORWARDED_FOR) ?? "";
  kept.set(FORWARDED_FOR, before === "" ? peerAddress : `${before}, ${peerAddress}`);
}

function addCookies(fields: HeaderField[], value: string, isOwn: (name: string) => boolean): void {
  const others = withoutOwnCookies(value, isOwn);
  if (others !== "") fields.push(["cookie", others]);
}

/** The one thing that `TE` may say to the next hop too. RFC 9110 §10.1.4 */
function takesTrailers(headers: Headers): boolean {
  const te = headers.get("te");
  return te !== null && te.split(",").some((coding) => coding.trim().toLowerCase() === "trailers");
}
