import { parseArgs } from "node:util";

import type { Handler, Peer, WebSocketSide } from "../http/handler.ts";
import { pathAndQueryOf, pathOf } from "../http/request-target.ts";
import { type HelloModel, renderHelloPage } from "../pages/hello-page.ts";
import { AddressInUseError } from "../runtime/address-in-use-error.ts";
import { serve } from "../runtime/serve.ts";
import { onSignals } from "../runtime/signals.ts";
import { createLog } from "../telemetry/create-log.ts";
import type { CommandIo } from "./command-io.ts";

export interface HelloOptions {
  /** Where its *Sign out* link leads; absent = no link. */
  readonly signOutUrl?: string;
}

const USAGE = "usage: gatehouse hello [--listen HOST:PORT] [--sign-out-url URL]\n";

/** How long requests in flight may take to finish at the end. */
const GRACE_SECONDS = 5;

/** `gatehouse hello`: a sample application that knows nothing of signing in, to stand Gatehouse in front of. */
export async function hello(argv: readonly string[], io: CommandIo): Promise<number | undefined> {
  const settings = readSettings(argv);
  if (settings === undefined) {
    io.stderr(USAGE);
    return 2;
  }
  const { host, port, ...options } = settings;
  const log = createLog({ format: "auto", level: "info" });
  try {
    const server = await serve({ host, port, handler: createHelloHandler(options), log });
    onSignals({ log, reload: () => undefined, terminate: () => server.stop(GRACE_SECONDS) });
    io.stdout(`The sample application listens on ${server.url}\n`);
    return undefined;
  } catch (error) {
    if (!(error instanceof AddressInUseError)) throw error;
    io.stderr(`gatehouse: ${error.message} Change it with \`--listen\`.\n`);
    return 1;
  }
}

interface HelloSettings extends HelloOptions {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[IPv6]:port` or `:port` (every address). */
const LISTEN = /^(?:\[([\da-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/i;

function readSettings(argv: readonly string[]): HelloSettings | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { listen: { type: "string", default: "127.0.0.1:8000" }, "sign-out-url": { type: "string" } },
    });
    const [, bracketed, host = "", port = ""] = LISTEN.exec(values.listen) ?? [];
    if (port === "" || Number(port) > 65_535) return undefined;
    const signOutUrl = values["sign-out-url"];
    return {
      host: bracketed ?? (host || "0.0.0.0"),
      port: Number(port),
      ...(signOutUrl === undefined ? {} : { signOutUrl }),
    };
  } catch {
    return undefined;
  }
}

type Page = (request: Request, peer: Peer, options: HelloOptions) => Response | Promise<Response>;

/** Everything else shows the request itself. */
const PAGES: Readonly<Record<string, Page>> = {
  "/healthz": () => new Response("ok\n"),
  "/sse": serverSentEvents,
  "/stream": stream,
  "/upload": upload,
  "/ws": webSocketEcho,
};

/**
 * The sample application: shows the request as it arrived, and who it seems to be from.
 * `/healthz`, `/sse` (an event a second), `/stream?mb=N`, `/upload` (counts bytes), `/ws` (sends back).
 */
export function createHelloHandler(options: HelloOptions): Handler {
  return (request, peer) => {
    const path = pathOf(request);
    return (Object.hasOwn(PAGES, path) ? PAGES[path] : undefined)?.(request, peer, options) ?? echo(request, options);
  };
}

function echo(request: Request, { signOutUrl }: HelloOptions): Response {
  const { headers } = request;
  const identity = (name: string): string =>
    fromUtf8Bytes(headers.get(`x-forwarded-${name}`) ?? headers.get(`x-auth-request-${name}`) ?? "");
  const model: HelloModel = {
    method: request.method,
    target: pathAndQueryOf(request),
    user: identity("user"),
    email: identity("email"),
    groups: identity("groups"),
    headers: [...headers].map(([name, value]) => [name, fromUtf8Bytes(value)]),
    ...(signOutUrl === undefined ? {} : { signOutHref: signOutUrl }),
  };
  return headers.get("accept")?.includes("application/json") === true
    ? jsonEcho(model)
    : renderHelloPage(request, model);
}

function jsonEcho(model: HelloModel): Response {
  const { method, target, user, email, groups, headers } = model;
  return Response.json({ method, target, user, email, groups, headers: Object.fromEntries(headers) });
}

/** `Headers` show bytes as characters; what Gatehouse sends is UTF-8. */
function fromUtf8Bytes(value: string): string {
  return new TextDecoder().decode(Uint8Array.from(value, (byte) => byte.charCodeAt(0)));
}

const EVENT_MILLISECONDS = 1000;

function serverSentEvents(_request: Request, peer: Peer): Response {
  peer.allowIdle?.(0);
  let count = 0;
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (count > 0) await new Promise((resolve) => setTimeout(resolve, EVENT_MILLISECONDS));
      count += 1;
      controller.enqueue(encoder.encode(`id: ${count}\ndata: event ${count}\n\n`));
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" } });
}

const MEGABYTE = 1_000_000;
const MAX_STREAM_MEGABYTES = 10_000;

function stream(request: Request, peer: Peer): Response {
  peer.allowIdle?.(0);
  const asked = Number(new URL(request.url).searchParams.get("mb") ?? 1);
  let left = Number.isFinite(asked) ? Math.min(Math.max(0, Math.trunc(asked)), MAX_STREAM_MEGABYTES) : 0;
  const megabyte = new Uint8Array(MEGABYTE).fill(0x2e);
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (left === 0) return controller.close();
        left -= 1;
        controller.enqueue(megabyte);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { "Content-Type": "application/octet-stream" } });
}

async function upload(request: Request): Promise<Response> {
  let bytes = 0;
  for await (const piece of request.body ?? []) bytes += piece.length;
  return Response.json({ bytes });
}

function webSocketEcho(request: Request, peer: Peer): Response {
  let socket: WebSocketSide | undefined;
  const offered = request.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim();
  const response = peer.upgrade?.(
    {
      open: (opened) => (socket = opened),
      message: (data) => void socket?.send(data),
      close: () => undefined,
    },
    offered,
  );
  return response ?? new Response("This is a WebSocket.\n", { status: 426, headers: { Upgrade: "websocket" } });
}
