import type { HttpUpstreamTarget, OAuth2ProxyConfiguration } from "../../../config/oauth2-proxy-configuration.ts";
import type { HeaderField } from "../../../http/exchange.ts";
import { PublicError } from "../../../protocol/public-error.ts";
import type { SessionKeeper } from "../../../session/session.ts";
import { createTransport, type Sending, type Transport, type UpstreamDeps } from "../../upstream/transport.ts";
import type { RequestHeaders } from "./request-headers.ts";
import type { RequestTarget } from "./rewrite.ts";
import { createSign, type SignedRequest } from "./signature.ts";
import type { UpstreamContext, UpstreamRequest } from "./upstream-request.ts";

export interface HttpUpstreamDeps extends UpstreamDeps {
  readonly requestHeaders: RequestHeaders;
  readonly ownCookieNames: (name: string) => boolean;
  readonly sessions: Pick<SessionKeeper, "onEnd">;
  /** PEM texts of the only authorities that an https upstream may be vouched for by; absent = the system's. */
  readonly authorities?: readonly string[];
  /** Pages of which other origins may open a WebSocket? */
  readonly trustsOrigin: (origin: URL) => boolean;
}

export type ForwardTo = (asking: UpstreamRequest, asked: RequestTarget) => Promise<Response>;

/**
 * An application over HTTP.
 *
 * @throws {PublicError} from what it returns, as `Transport.forward` does; 413 for a body too large to be signed.
 */
export function createHttpUpstream(
  deps: HttpUpstreamDeps,
  target: HttpUpstreamTarget,
  signature: OAuth2ProxyConfiguration["signature"],
): ForwardTo {
  const bound: Bound = {
    ...deps,
    transport: createTransport(deps, transportConfiguration(target, deps.authorities)),
    ...(target.passHostHeader ? {} : { host: new URL(target.origin).host }),
    ...(signature === undefined ? {} : { sign: createSign(signature.algorithm, signature.key) }),
  };
  return (asking, asked) => forward(bound, asking, asked);
}

interface Bound extends HttpUpstreamDeps {
  readonly transport: Transport;
  readonly host?: string;
  readonly sign?: (request: SignedRequest) => string;
}

/** For a timeout of 0: longer than any request lasts, and as long as a timer can hold. */
const NO_TIMEOUT_SECONDS = 2_000_000;

function transportConfiguration(
  target: HttpUpstreamTarget,
  authorities: readonly string[] | undefined,
): Parameters<typeof createTransport>[1] {
  const { origin, socketPath, insecureSkipTlsVerify, disableKeepAlives, timeoutSeconds } = target;
  return {
    origin,
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(authorities === undefined || !origin.startsWith("https:") ? {} : { authorities }),
    insecureSkipTlsVerify,
    disableKeepAlives,
    timeoutSeconds: timeoutSeconds > 0 ? timeoutSeconds : NO_TIMEOUT_SECONDS,
    webSockets: target.proxyWebSockets,
  };
}

async function forward(deps: Bound, asking: UpstreamRequest, asked: RequestTarget): Promise<Response> {
  const { request, peer } = asking;
  const sending = sendingOf(deps, asking, asked);
  const signed = deps.sign === undefined ? sending : await signedSending(deps.sign, asking, asked, sending);
  const response = await deps.transport.forward({ request, peer, sending: signed });
  // As Go's servers: it would be the type of a body that is not there. RFC 9110 §15.4.5
  if (response.status === 304) response.headers.delete("content-type");
  return response;
}

function sendingOf(deps: Bound, { request, peer, context }: UpstreamRequest, asked: RequestTarget): Sending {
  const { session, responseHeaders, setCookies } = context;
  const { host, ownCookieNames, sessions } = deps;
  return {
    target: asked.rawPath + asked.search,
    headers: deps.requestHeaders(request.headers, {
      peerAddress: peer.address(),
      ...(session === undefined ? {} : { session }),
      ...(host === undefined ? {} : { host }),
    }),
    ownCookieNames,
    setCookies,
    responseHeaders,
    allowsOrigin: (origin) => session === undefined || isOwnOrigin(deps, context, origin),
    ...(session === undefined
      ? {}
      : { session: { expiresAt: session.expiresAt, onEnd: (listener) => sessions.onEnd(session.id, listener) } }),
  };
}

/** A place that needs no sign-in has nothing of ours that another site's page could ride on. */
function isOwnOrigin({ trustsOrigin }: Bound, { scheme, host }: UpstreamContext, text: string): boolean {
  const origin = URL.parse(text);
  // Whoever sits on the network can put a page of ours before a browser, but no https one.
  if (origin === null || (scheme === "https" && origin.protocol !== "https:")) return false;
  return origin.host === URL.parse(`${scheme}://${host}`)?.host || trustsOrigin(origin);
}

/** Longest body that is signed: it has to be held in memory. */
const MAX_SIGNED_BYTES = 33_554_432;

async function signedSending(
  sign: (request: SignedRequest) => string,
  { request, context }: UpstreamRequest,
  asked: RequestTarget,
  sending: Sending,
): Promise<Sending> {
  const body = request.body === null ? undefined : await readBody(request.body);
  const gapAuth = context.responseHeaders.find(([name]) => name.toLowerCase() === "gap-auth")?.[1] ?? "";
  const headers: readonly HeaderField[] = [...sending.headers, ["GAP-Auth", gapAuth]];
  const contentLength = body === undefined ? (request.headers.get("content-length") ?? "") : String(body.length);
  const signature = sign({
    method: request.method,
    asked,
    headers,
    contentLength,
    body: body ?? new Uint8Array(),
  });
  return {
    ...sending,
    headers: [...headers, ["GAP-Signature", signature]],
    ...(body === undefined ? {} : { body }),
  };
}

async function readBody(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > MAX_SIGNED_BYTES) {
      const publicMessage = "The body is too large to be signed.";
      throw new PublicError({ status: 413, code: "body_too_large", publicMessage });
    }
    pieces.push(piece);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
