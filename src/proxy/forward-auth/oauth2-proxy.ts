import type { Target } from "../target.ts";
import { type AllowHeaders, type Dialect, withCookies } from "./dialect.ts";

/**
 * `{prefix}/auth` exactly as the original answers it: 202, 401 `Unauthorized`, 403 `Forbidden`, whatever the gateway. It
 * asks only who somebody is, so the target plays no role and no header is read. Whoever may not enter at all loses the
 * session and gets 401, as there. No `Cache-Control`: users let their gateway keep the answer for a moment.
 */
export function createOAuth2ProxyDialect(deps: {
  readonly allowHeaders: AllowHeaders;
  /** End the request's session. @returns the cookies that say so. */
  readonly endSession: (request: Request) => Promise<readonly string[]>;
}): Dialect {
  const text = (body: string, status: 401 | 403, setCookies: readonly string[]): Response =>
    new Response(body, { status, headers: withCookies(TEXT_HEADERS, setCookies, Number.POSITIVE_INFINITY) });
  return {
    name: "oauth2-proxy",
    readTarget: () => ANYWHERE,
    render: (decision, context) => {
      if (decision.outcome === "allow") {
        return new Response(null, { status: 202, headers: deps.allowHeaders(decision, context) });
      }
      if (decision.outcome === "sign-in") return text("Unauthorized\n", 401, context.setCookies);
      if (decision.reason !== "not-admitted") return text("Forbidden\n", 403, context.setCookies);
      return deps.endSession(context.request).then((cookies) => text("Unauthorized\n", 401, cookies));
    },
  };
}

const TEXT_HEADERS = new Headers({
  "Content-Type": "text/plain; charset=utf-8",
  "X-Content-Type-Options": "nosniff",
});

/** The configuration's only application has the host `*`. */
const ANYWHERE: Target = { method: "GET", scheme: "https", host: "", port: "", path: "/", search: "" };
