import type { OAuth2ProxyConfiguration } from "../../config/oauth2-proxy-configuration.ts";
import { compileExpression, type RegularExpression } from "../../protocol/regular-expression.ts";
import { createTrustedProxies } from "../../http/client-address.ts";
import { type ClientAddressRules, clientAddressOf } from "./client-address.ts";
import { forwardedUri, ownUri, type RequestScope, browserUriOf } from "./request-scope.ts";
import { createFindRoute } from "./upstreams/find-route.ts";
import { cleanPath } from "./upstreams/request-path.ts";

/** May this request pass whoever sends it? */
export type SkipsAuth = (scope: RequestScope) => boolean;

type SkipAuthConfiguration = Pick<
  OAuth2ProxyConfiguration,
  "skipAuth" | "trustedIps" | "reverseProxy" | "pathPrefix" | "upstreams"
>;

/**
 * Prepare the rules that let requests pass without signing in: preflights, routes, trusted clients.
 *
 * A route must match the path in every way that something behind us may read it: as it is, with its escapes decoded (twice, too), with
 * dot segments and double slashes resolved, with backslashes as slashes, without path parameters (`;…`) and blanks behind dots. So no
 * spelling widens a rule.
 *
 * What a trusted hop says was asked for is judged instead of the request's own path only where we are asked for an opinion: gateways
 * pass on an `X-Forwarded-Uri` of the client's, which must not open what we fetch ourselves (CVE-2026-40575).
 */
export function createSkipsAuth(configuration: SkipAuthConfiguration, addresses: ClientAddressRules): SkipsAuth {
  const rules = configuration.skipAuth.rules.map(({ method, negated, pathPattern }) => ({
    method,
    negated,
    expression: compiled(pathPattern),
  }));
  const trusted = createTrustedProxies(configuration.trustedIps);
  const isFetched = createIsFetched(configuration);
  const isTrustedClient = (scope: RequestScope): boolean => {
    if (configuration.trustedIps.length === 0) return false;
    // A gateway that does not say for whom it asks must not pass for the client itself.
    if (configuration.reverseProxy && !scope.request.headers.has(addresses.realClientIpHeader)) return false;
    const address = clientAddressOf(addresses, scope);
    return address !== undefined && trusted.trusts(address);
  };
  return (scope) => {
    if (configuration.skipAuth.preflight && scope.request.method === "OPTIONS") return true;
    return (rules.length > 0 && isSkippedRoute(rules, scope, isFetched(scope))) || isTrustedClient(scope);
  };
}

interface Rule {
  readonly method: string | undefined;
  readonly negated: boolean;
  readonly expression: RegularExpression;
}

/** Is the request's own target fetched from an application or a folder? Not an endpoint of ours, nor a static answer for a gateway. */
function createIsFetched({ pathPrefix, upstreams }: SkipAuthConfiguration): (scope: RequestScope) => boolean {
  const endpoints = new Set(["auth", "userinfo", "sign_in", "sign_out"].map((name) => `${pathPrefix}/${name}`));
  const findRoute = createFindRoute(upstreams);
  return (scope) => {
    if (!scope.isForwarded) return true;
    if (endpoints.has(scope.path)) return false;
    const route = findRoute(ownUri(scope));
    return route.outcome !== "upstream" || route.upstream.target.kind !== "static";
  };
}

function isSkippedRoute(rules: readonly Rule[], scope: RequestScope, isFetched: boolean): boolean {
  const forwarded = forwardedUri(scope);
  const readings = readingsOf(browserUriOf(scope));
  const own = isFetched && forwarded !== undefined ? readingsOf(ownUri(scope)) : [];
  if (readings === undefined || own === undefined) return false;
  const methods = isFetched ? [...methodsOf(scope), scope.request.method] : methodsOf(scope);
  return rules.some(
    ({ method, negated, expression }) =>
      (method === undefined || methods.every((asked) => asked === method)) &&
      [...readings, ...own].every((path) => expression.matches(path) !== negated),
  );
}

/** The request's own method, or all that a trusted hop names instead of it: then the rule must hold for each. */
function methodsOf({ request, isForwarded }: RequestScope): readonly string[] {
  if (!isForwarded) return [request.method];
  const named = ["x-forwarded-method", "x-original-method"]
    .map((name) => request.headers.get(name))
    .filter((method) => method !== null && method !== "");
  return named.length === 0 ? [request.method] : named.map(String);
}

/** How often escapes are decoded at most: beyond it nobody agrees with anybody. */
const MAX_DECODINGS = 3;

/** Some readers end a path at one, or skip it: `..%00/` then leads up. */
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Every path that a target may be read as; undefined when it must not be judged: repeated headers, broken escapes, controls. */
function readingsOf(uri: string): readonly string[] | undefined {
  const raw = pathOfUri(uri);
  if (raw.includes(", ")) return undefined;
  // Who resolves dot segments before it decodes reads `/open%2F~/../admin` as `/admin`.
  const early = decode(resolved(raw));
  if (early === undefined) return undefined;
  const readings = new Set([early]);
  let path = raw;
  for (let times = 0; times < MAX_DECODINGS; times += 1) {
    const decoded = times === 0 ? decode(path) : decodeAgain(path);
    if (decoded === undefined || CONTROL.test(decoded)) return undefined;
    // A mark that decoding brought to light ends the path for some: `/open#/../admin` is one of two.
    const cut = decoded.split(/[?#]/, 1)[0] ?? "";
    readings.add(decoded).add(resolved(decoded)).add(cut).add(resolved(cut));
    if (decoded === path) return [...readings];
    path = decoded;
  }
  return undefined;
}

/** Without query, and without scheme and host where a gateway sends a whole URL. */
function pathOfUri(uri: string): string {
  const path = uri.split("?", 1)[0] ?? "";
  return /^https?:\/\/[^/]+(\/.*)?$/i.exec(path)?.[1] ?? path;
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** What was decoded once may have bytes and percent signs of its own, which must not hide the escapes beside them. */
function decodeAgain(path: string): string {
  const bytes = Buffer.from(path).toString("latin1");
  const decoded = bytes.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, "latin1").toString();
}

function resolved(path: string): string {
  const slashes = path
    .replaceAll("\\", "/")
    .replaceAll(/;[^/]*/g, "")
    .replaceAll(BLANKS, "$1");
  return slashes.startsWith("/") ? cleanPath(slashes) : slashes;
}

/** Windows ends a name before its trailing blanks, so `.. ` leads up there. */
const BLANKS = /((?:^|\/)\.{1,2}) +(?=\/|$)/g;

function compiled(pattern: string): RegularExpression {
  const result = compileExpression(pattern);
  if ("error" in result) throw new RangeError(`${pattern}: ${result.error}`);
  return result.expression;
}

/** Prepare the routes that get 401 instead of a page. Matched against path and query as they were asked for. */
export function createIsApiRoute(patterns: readonly string[]): (scope: RequestScope) => boolean {
  const expressions = patterns.map(compiled);
  if (expressions.length === 0) return () => false;
  return (scope) => {
    const uri = browserUriOf(scope);
    return expressions.some((expression) => expression.matches(uri));
  };
}
