import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";

import { type Door, startDoor } from "../support/oauth2-proxy-door.ts";
import { selfSigned } from "../support/self-signed.ts";

/**
 * Request smuggling through every listener of the drop-in: what two readers could take for one request or two. The door lets
 * everybody pass, so whatever would be taken for a second request would reach the application.
 */
const folder = mkdtempSync(join(tmpdir(), "gatehouse-smuggling-"));
const socketPath = join(folder, "door.sock");
const FLAGS = ["--skip-auth-route=^/"];
let plain: Door;
let secure: Door;
let unix: Door;

beforeAll(async () => {
  [plain, secure, unix] = await Promise.all([
    startDoor(FLAGS),
    startDoor(FLAGS, { certificate: selfSigned("door") }),
    startDoor(FLAGS, { socketPath }),
  ]);
});
afterAll(async () => {
  await Promise.all([plain.stop(), secure.stop(), unix.stop()]);
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  for (const { seen } of [plain, secure, unix]) seen.length = 0;
});

const LISTENERS: readonly (readonly [string, () => Door, () => Socket])[] = [
  ["TCP", () => plain, () => connectTcp(plain.port, "127.0.0.1")],
  ["TLS", () => secure, () => connectTls({ host: "127.0.0.1", port: secure.port, rejectUnauthorized: false })],
  ["a unix socket", () => unix, () => connectTcp(socketPath)],
];

const SECOND = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";
const post = (fields: string, body: string): string =>
  `POST /first HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n\r\n${body}`;

const HIDDEN: readonly (readonly [name: string, bytes: string])[] = [
  ["a length before chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked", `0\r\n\r\n${SECOND}`)],
  ["chunks before a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", `0\r\n\r\n${SECOND}`)],
  ["two lengths", post(`Content-Length: 0\r\nContent-Length: ${SECOND.length}`, SECOND)],
  ["two lengths, the other way round", post(`Content-Length: ${SECOND.length}\r\nContent-Length: 0`, SECOND)],
  ["a list of lengths", post(`Content-Length: 0, ${SECOND.length}`, SECOND)],
  ["a signed length", post("Content-Length: +0", SECOND)],
  ["a length with an underscore beside", post(`Content-Length: ${SECOND.length}\r\nContent-Length : 0`, SECOND)],
  ["a hexadecimal length", post("Content-Length: 0x0", SECOND)],
  ["a coding with a space before its colon", post("Transfer-Encoding : chunked", `0\r\n\r\n${SECOND}`)],
  ["a coding with a vertical tab", post("Transfer-Encoding: \u000bchunked", `0\r\n\r\n${SECOND}`)],
  ["an unknown coding", post("Transfer-Encoding: xchunked", `0\r\n\r\n${SECOND}`)],
  ["two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", `0\r\n\r\n${SECOND}`)],
  ["a coding list", post("Transfer-Encoding: identity, chunked", `0\r\n\r\n${SECOND}`)],
  ["a folded coding", post("Transfer-Encoding:\r\n chunked", `0\r\n\r\n${SECOND}`)],
  [
    "chunks in HTTP/1.0",
    `POST /first HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  ],
  ["a chunk size with a sign", post("Transfer-Encoding: chunked", `+0\r\n\r\n${SECOND}`)],
  ["a chunk size with 0x", post("Transfer-Encoding: chunked", `0x0\r\n\r\n${SECOND}`)],
  ["a chunk size that overflows", post("Transfer-Encoding: chunked", `10000000000000000\r\n\r\n${SECOND}`)],
  ["a chunk without its line end", post("Transfer-Encoding: chunked", `1\r\nxx0\r\n\r\n${SECOND}`)],
  ["chunks that end in bare LF", post("Transfer-Encoding: chunked", `0\n\n${SECOND}`)],
  ["a header block in bare LF", `GET /first HTTP/1.1\nHost: a.test\n\n${SECOND}`],
  ["a bare CR in a field", `GET /first HTTP/1.1\r\nHost: a.test\r\nA: b\r\r\n\r\n${SECOND}`],
  ["a NUL in a field", `GET /first HTTP/1.1\r\nHost: a.test\r\nA: b\0\r\n\r\n${SECOND}`],
  ["two hosts", `GET /smuggled HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n`],
  ["a Host that is a list", `GET /smuggled HTTP/1.1\r\nHost: a.test,b.test\r\n\r\n`],
  ["no Host", `GET /smuggled HTTP/1.1\r\n\r\n`],
  ["a fragment in the target", `GET /smuggled#x HTTP/1.1\r\nHost: a.test\r\n\r\n`],
  [
    "h2c",
    `GET /first HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${SECOND}`,
  ],
];

describe.each(LISTENERS)("over %s", (_name, door, connect) => {
  test.each(HIDDEN)("%s hides no second request", async (_row, bytes) => {
    await exchange(connect(), bytes);
    expect(door().seen.map(({ target }) => target)).not.toContain("/smuggled");
    for (const { headers } of door().seen) {
      expect(headers["upgrade"]).toBeUndefined();
      expect(headers["http2-settings"]).toBeUndefined();
    }
  });

  test("of two requests in a row none is taken for a part of the other", async () => {
    await exchange(connect(), post("Content-Length: 2", `ok${SECOND}`));
    const targets = door().seen.map(({ target }) => target);
    // The runtime may close the connection instead of answering what was sent ahead.
    expect(targets).toEqual(["/first", "/smuggled"].slice(0, targets.length));
  });

  test("the host is that of `Host`, whatever an absolute target says", async () => {
    await exchange(connect(), "GET http://b.test/first HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    expect(door().seen.map(({ target, headers }) => [target, headers["host"]])).toEqual([["/first", "a.test"]]);
  });
});

/** Send and read until the other side has nothing more to say, half a second at most. */
function exchange(socket: Socket, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(finish, 500);
    socket.on("data", (data) => (text += data.toString("latin1")));
    socket.on("error", finish);
    socket.on("close", finish);
    socket.write(Buffer.from(bytes, "latin1"));
  });
}
