import type { OAuth2ProxyUpstream, OAuth2ProxyUpstreams } from "../../../config/oauth2-proxy-configuration.ts";
import { compileExpression, type RegularExpression } from "../../../protocol/regular-expression.ts";
import { cleanPath, decodePath, encodePath, hasDotSegment, isUnclean } from "./request-path.ts";
import { type RequestTarget, rewrite } from "./rewrite.ts";

/** Where a request goes. */
export type Route =
  | {
      readonly outcome: "upstream";
      readonly upstream: OAuth2ProxyUpstream;
      /** What to ask it for, rewritten when it is configured so. */
      readonly asked: RequestTarget;
    }
  | { readonly outcome: "redirect"; readonly location: string }
  | { readonly outcome: "not-found" }
  /** An escape is malformed, or a rewritten path would climb out of where it was rewritten to. */
  | { readonly outcome: "malformed" };

/**
 * Find the upstream of a path: those with a `rewriteTarget` first, then the longest path. A path that ends in `/` stands for all
 * below it, any other for itself alone. Matched against the decoded path, or, with `proxyRawPath`, against the path as sent; regular
 * expressions always against the decoded one.
 *
 * A path with empty or dot segments (encoded ones too, except with `proxyRawPath`) is redirected to the clean one, so an upstream
 * never sees another path than was matched; `/foo` is redirected to `/foo/` when only that has an upstream.
 */
export function createFindRoute({ proxyRawPath, upstreams }: OAuth2ProxyUpstreams): (target: string) => Route {
  const matchers = upstreams.toSorted(byPrecedence).map((upstream) => createMatcher(upstream, proxyRawPath));
  return (target) => {
    const mark = target.indexOf("?");
    const rawPath = mark === -1 ? target : target.slice(0, mark);
    const search = mark === -1 ? "" : target.slice(mark);
    const path = decodePath(rawPath);
    if (path === undefined) return { outcome: "malformed" };
    if (isUnclean(proxyRawPath ? rawPath : path)) {
      const clean = proxyRawPath ? cleanPath(rawPath) : encodePath(cleanPath(path));
      return { outcome: "redirect", location: `${clean}${search}` };
    }
    return findRoute(matchers, { rawPath, path, search });
  };
}

interface Matcher {
  readonly upstream: OAuth2ProxyUpstream;
  readonly matches: (asked: RequestTarget) => boolean;
  readonly rewrite?: (asked: RequestTarget) => RequestTarget;
}

function findRoute(matchers: readonly Matcher[], asked: RequestTarget): Route {
  const found = matchers.find((matcher) => matcher.matches(asked));
  if (found !== undefined) return routeTo(found, asked);
  const withSlash = { ...asked, rawPath: `${asked.rawPath}/`, path: `${asked.path}/` };
  if (asked.path.endsWith("/") || !matchers.some((matcher) => matcher.matches(withSlash))) {
    return { outcome: "not-found" };
  }
  return { outcome: "redirect", location: `${withSlash.rawPath}${asked.search}` };
}

function routeTo({ upstream, rewrite: rewritten }: Matcher, asked: RequestTarget): Route {
  if (rewritten === undefined) return { outcome: "upstream", upstream, asked };
  const target = rewritten(asked);
  if (hasDotSegment(target.path) && !hasDotSegment(upstream.rewriteTarget ?? "")) return { outcome: "malformed" };
  return { outcome: "upstream", upstream, asked: target };
}

function createMatcher(upstream: OAuth2ProxyUpstream, proxyRawPath: boolean): Matcher {
  const { path: pattern, rewriteTarget } = upstream;
  if (rewriteTarget !== undefined) {
    const expression = compile(upstream);
    return {
      upstream,
      matches: ({ path }) => expression.matches(path),
      rewrite: (asked) => rewrite(expression, rewriteTarget, asked),
    };
  }
  const isBelow = pattern.endsWith("/");
  return {
    upstream,
    matches: ({ rawPath, path }) => {
      const text = proxyRawPath ? rawPath : path;
      return isBelow ? text.startsWith(pattern) : text === pattern;
    },
  };
}

function compile({ id, path }: OAuth2ProxyUpstream): RegularExpression {
  const compiled = compileExpression(path);
  if ("error" in compiled) throw new Error(`the path of upstream "${id}" is no regular expression: ${compiled.error}`);
  return compiled.expression;
}

function byPrecedence(a: OAuth2ProxyUpstream, b: OAuth2ProxyUpstream): number {
  const rewrites = Number(b.rewriteTarget !== undefined) - Number(a.rewriteTarget !== undefined);
  return rewrites === 0 ? b.path.length - a.path.length : rewrites;
}
