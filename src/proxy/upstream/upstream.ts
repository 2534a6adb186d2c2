import type { UpstreamConfiguration } from "../../config/configuration.ts";
import type { Peer } from "../../http/handler.ts";
import { createDroppedHeaders } from "./dropped-headers.ts";
import { type ForwardedFacts, requestHeaders, type RequestHeaderRules } from "./request-headers.ts";
import { createTransport, type Sending, type SessionEnd, type UpstreamDeps } from "./transport.ts";

/** What was decided about a request, and what goes with it. */
export interface ForwardContext extends ForwardedFacts {
  /** Path and query exactly as decided about: sent unchanged. */
  readonly target: string;
  /** `Set-Cookie` values to send along with the answer. */
  readonly setCookies: readonly string[];
  /** Ends a WebSocket; absent = a public place. */
  readonly session?: SessionEnd;
}

/** One application behind the reverse proxy. */
export interface Upstream {
  /** Send a request on and answer what came back, as `Transport.forward` does. */
  forward(request: Request, peer: Peer, context: ForwardContext): Promise<Response>;
}

export function createUpstream(deps: UpstreamDeps, configuration: UpstreamConfiguration): Upstream {
  const { origin, timeoutSeconds } = configuration;
  const headerRules: RequestHeaderRules = {
    isDropped: createDroppedHeaders(),
    ...(configuration.passHost ? {} : { host: new URL(origin).host }),
  };
  const transport = createTransport(deps, { origin, timeoutSeconds });
  return {
    forward: (request, peer, context) =>
      transport.forward({ request, peer, sending: sendingOf(headerRules, request, context) }),
  };
}

function sendingOf(rules: RequestHeaderRules, request: Request, context: ForwardContext): Sending {
  const { target, ownCookieNames, setCookies, scheme, session } = context;
  return {
    target,
    headers: requestHeaders(rules, request.headers, context),
    ownCookieNames,
    setCookies,
    allowsOrigin: (origin) => isOwnOrigin(origin, scheme, request.headers.get("host") ?? ""),
    ...(session === undefined ? {} : { session }),
  };
}

/** A program that is no browser sends no `Origin`, and has no cookies but those it was given. */
function isOwnOrigin(origin: string, scheme: string, host: string): boolean {
  const own = URL.parse(`${scheme}://${host}`)?.host;
  return own !== undefined && URL.parse(origin)?.host === own;
}
