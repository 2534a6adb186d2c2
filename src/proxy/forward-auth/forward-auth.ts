import type { RenderDenied } from "../denied-response.ts";
import { parseTargetParts } from "../target.ts";
import type { AllowHeaders, Dialect } from "./dialect.ts";

/**
 * Traefik's ForwardAuth, Caddy's `forward_auth` and their like: the target comes in `X-Forwarded-Method`, `-Proto`,
 * `-Host` and `-Uri`, and whatever is not a 2xx is passed to the browser as it is. So a page gets a redirect to sign-in,
 * everything else a 401 that names it. `X-Original-*` is the client's own here and is not looked at.
 */
export function createForwardAuthDialect(deps: {
  readonly allowHeaders: AllowHeaders;
  readonly renderDenied: RenderDenied;
}): Dialect {
  return {
    name: "forward-auth",
    readTarget: ({ headers }, isTrusted) => {
      if (!isTrusted()) return undefined;
      return parseTargetParts({
        method: headers.get("x-forwarded-method"),
        scheme: headers.get("x-forwarded-proto"),
        host: headers.get("x-forwarded-host"),
        uri: headers.get("x-forwarded-uri"),
      });
    },
    render: (decision, context) => {
      if (decision.outcome !== "allow") return deps.renderDenied(decision, context);
      return new Response(null, { status: 200, headers: deps.allowHeaders(decision, context) });
    },
  };
}
