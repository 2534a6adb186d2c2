import { createHash } from "node:crypto";
import { type FakeApplication, type FakeReply, type FakeRequest, type Takeover, headerOf } from "./fake-server.ts";
import { byNameThenValue } from "./pairs.ts";
import type { HeaderPair } from "./scenario.ts";
import { readTextFrame, textFrame } from "./websocket-frame.ts";

/**
 * An application behind the proxy: answers with what reached it, as JSON.
 * `/status/N`, `/headers`, `/redirect`, `/slow/SECONDS`, `/stream`, `/sse` and `/close` do what they say, and every path
 * speaks WebSocket.
 */
export function fakeUpstream(name: string): FakeApplication {
  return async (request) => {
    if (headerOf(request.headers, "upgrade").toLowerCase() === "websocket") return echoMessage(request);
    const [, kind = "", number = "", ...more] = request.path.split("/");
    if (kind === "status" && /^\d+$/.test(number) && more.length === 0) {
      return plain(Number(number), `upstream says ${number}\n`);
    }
    if (kind === "slow" && number !== "" && more.length === 0) {
      await Bun.sleep(Number(number) * 1000);
      return plain(200, "slow\n");
    }
    return FIXED[request.path] ?? echo(name, request);
  };
}

const FIXED: Readonly<Record<string, FakeReply | Takeover>> = {
  "/redirect": { status: 302, headers: [["Location", "/landing?x=1"]] },
  "/headers": plain(200, "headers\n", [
    ["X-Many", "one"],
    ["X-Many", "two"],
    ["Set-Cookie", "app=1; Path=/"],
    ["Set-Cookie", "app2=2; Path=/"],
    ["X-Auth-Request-User", "from-upstream"],
    ["GAP-Auth", "from-upstream"],
    ["Cache-Control", "max-age=60"],
    ["Server", "upstream"],
  ]),
  "/stream": stream("text/plain", ["first\n", "second\n"]),
  "/sse": stream("text/event-stream", ["data: first\n\n", "data: second\n\n"]),
  "/close": async (socket) => void socket.destroy(),
};

/** Headers that depend on the way, not on what was asked. */
const HIDDEN = new Set(["connection", "accept-encoding", "content-length", "transfer-encoding", "keep-alive"]);

function echo(upstream: string, { method, target, headers, body }: FakeRequest): FakeReply {
  const seen = {
    upstream,
    method,
    target,
    headers: headers
      .map(([key, value]): HeaderPair => [key.toLowerCase(), value])
      .filter(([key]) => !HIDDEN.has(key))
      .sort(byNameThenValue),
    body: body.length === 0 ? "" : createHash("sha256").update(body).digest("hex").slice(0, 16),
    length: body.length,
  };
  return { status: 200, headers: [["Content-Type", "application/json"]], body: JSON.stringify(seen) };
}

function plain(status: number, body: string, headers: readonly HeaderPair[] = []): FakeReply {
  return { status, headers: [...headers, ["Content-Type", "text/plain"]], body };
}

/** Chunks with 2.5 s between them. */
function stream(type: string, chunks: readonly string[]): Takeover {
  return async (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (const [index, chunk] of chunks.entries()) {
      if (index > 0) await Bun.sleep(2500);
      socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    }
    socket.write("0\r\n\r\n");
  };
}

/** Switches, hears one message and says it back with what the upgrade request carried. RFC 6455 §4.2.2 */
function echoMessage({ headers, target }: FakeRequest): Takeover {
  const key = headerOf(headers, "sec-websocket-key");
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const user = headerOf(headers, "x-forwarded-user") || headerOf(headers, "x-forwarded-email") || "-";
  // The recordings were made with a fake that called an absent one None.
  const origin = headers.some(([name]) => name.toLowerCase() === "origin") ? headerOf(headers, "origin") : "None";
  return async (socket, reader) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    const text = await readTextFrame(reader);
    socket.write(textFrame(`echo ${text} path=${target} user=${user} origin=${origin}`));
  };
}
