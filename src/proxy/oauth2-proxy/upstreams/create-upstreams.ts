import type {
  HttpUpstreamTarget,
  OAuth2ProxyConfiguration,
  OAuth2ProxyUpstream,
  OAuth2ProxyUpstreams,
} from "../../../config/oauth2-proxy-configuration.ts";
import type { Peer } from "../../../http/handler.ts";
import { PublicError } from "../../../protocol/public-error.ts";
import { createFileServer } from "./file-server.ts";
import { createFindRoute, type Route } from "./find-route.ts";
import { createHttpUpstream, type HttpUpstreamDeps } from "./http-upstream.ts";
import { movedPermanently, plainError, staticAnswer, withAnswerFields } from "./own-answer.ts";
import { createRequestHeaders, type RequestHeadersDeps } from "./request-headers.ts";
import type { RequestTarget } from "./rewrite.ts";
import type { UpstreamContext, UpstreamRequest } from "./upstream-request.ts";

export interface OAuth2ProxyUpstreamsDeps extends Omit<HttpUpstreamDeps, "requestHeaders">, RequestHeadersDeps {
  /** The page that says an upstream failed. */
  readonly errorPage: (
    request: Request,
    page: { readonly status: number; readonly message: string; readonly requestId: string },
  ) => Response | Promise<Response>;
}

export interface Upstreams {
  /** Answer a request that may pass. Never throws for what a client or an upstream did. */
  handle(request: Request, peer: Peer, context: UpstreamContext): Response | Promise<Response>;
}

/**
 * What lies behind the drop-in for oauth2-proxy.
 *
 * @throws {Error} when an upstream's path is no regular expression or the signature's algorithm is not known.
 */
export function createOAuth2ProxyUpstreams(
  deps: OAuth2ProxyUpstreamsDeps,
  configuration: OAuth2ProxyUpstreams & Pick<OAuth2ProxyConfiguration, "requestHeaders" | "signature">,
): Upstreams {
  const { requestHeaders: injections, signature, upstreams } = configuration;
  const requestHeaders = createRequestHeaders(deps, injections);
  const findRoute = createFindRoute(configuration);
  const doors = new Map<OAuth2ProxyUpstream, Door>();
  for (const upstream of upstreams) {
    doors.set(upstream, createDoor({ ...deps, requestHeaders }, upstream, signature));
  }
  return {
    handle(request, peer, context) {
      const asking = { request, peer, context };
      const route = findRoute(context.target);
      const door = route.outcome === "upstream" ? doors.get(route.upstream) : undefined;
      if (route.outcome === "upstream") context.onUpstream(route.upstream.id);
      return route.outcome === "upstream" && door !== undefined
        ? door(asking, route.asked)
        : answered(deps, asking, answerTo(route));
    },
  };
}

type Door = (asking: UpstreamRequest, asked: RequestTarget) => Response | Promise<Response>;
type BoundDeps = OAuth2ProxyUpstreamsDeps & HttpUpstreamDeps;

function createDoor(
  deps: BoundDeps,
  upstream: OAuth2ProxyUpstream,
  signature: OAuth2ProxyConfiguration["signature"],
): Door {
  const { target } = upstream;
  if (target.kind === "static") return (asking) => answered(deps, asking, staticAnswer(target.status));
  if (target.kind === "http") return createHttpDoor(deps, upstream, target, signature);
  const serve = createFileServer(target.directory);
  const prefix = upstream.rewriteTarget === undefined ? upstream.path : "";
  return async (asking, { path, search }) =>
    answered(
      deps,
      asking,
      await serve(asking.request, path.startsWith(prefix) ? path.slice(prefix.length) : path, search),
    );
}

function createHttpDoor(
  deps: BoundDeps,
  { id }: OAuth2ProxyUpstream,
  target: HttpUpstreamTarget,
  signature: OAuth2ProxyConfiguration["signature"],
): Door {
  const forward = createHttpUpstream(deps, target, signature);
  return async (asking, asked) => {
    try {
      return await forward(asking, asked);
    } catch (error) {
      if (!(error instanceof PublicError)) throw error;
      return answered(
        deps,
        asking,
        await deps.errorPage(asking.request, {
          ...failure(deps, id, error),
          requestId: asking.context.requestId,
        }),
      );
    }
  };
}

/** An upstream that cannot be reached or does not answer in time is a bad gateway either way, as in the original. */
function failure({ log }: BoundDeps, upstream: string, error: PublicError): { status: number; message: string } {
  const { code, status, publicMessage: message } = error;
  if (code !== "upstream_unreachable" && code !== "upstream_timeout") return { status, message };
  log.warn("upstream failed", { upstream, error: error.cause instanceof Error ? error.cause.message : code });
  return { status: 502, message: "There was a problem connecting to the upstream server." };
}

function answerTo(route: Route): Response {
  if (route.outcome === "redirect") return movedPermanently(route.location);
  return route.outcome === "malformed" ? plainError(400, "400 Bad Request") : plainError(404, "404 page not found");
}

function answered({ metrics }: Pick<BoundDeps, "metrics">, { context }: UpstreamRequest, response: Response): Response {
  metrics.request("application", response.status);
  return withAnswerFields(response, context);
}
