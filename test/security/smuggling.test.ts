import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";

import { pathAndQueryOf } from "../../src/http/request-target.ts";
import { type RunningServer, serve } from "../../src/runtime/serve.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { sendRaw } from "../support/raw-http.ts";

/**
 * What two readers of one connection could understand in two ways, as bytes on a socket. Every row is refused, or closed, and
 * never reaches a handler; or it is understood in the one way that the row says.
 *
 * The header block's limit is a flag of the process, so `npm test` and `bin/gatehouse` pass it; rows stay clear of both limits.
 */
let server: RunningServer;
let reached: string[] = [];

beforeAll(async () => {
  server = await serve({
    host: "127.0.0.1",
    port: 0,
    log: createLog({ format: "json", level: "error", write: () => undefined }),
    handler: async (request) => {
      const body = await request.text().catch(() => "broken");
      reached.push(`${request.method} ${request.headers.get("host") ?? ""} ${pathAndQueryOf(request)} ${body}`);
      return new Response("reached");
    },
  });
});
afterAll(() => server.stop(0));
afterEach(() => {
  reached = [];
});

const HOST = "Host: a.example\r\n";
const POST = `POST / HTTP/1.1\r\n${HOST}`;
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const get = (headers: string, target = "/"): string => `GET ${target} HTTP/1.1\r\n${headers}\r\n`;

type Row = readonly [name: string, bytes: string];

const HOSTS: readonly Row[] = [
  ["no Host", get("")],
  ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
  ["an empty Host", get("Host:\r\n")],
  ["two Hosts", get(`${HOST}Host: b.example\r\n`)],
  ["two equal Hosts", get(`${HOST}${HOST}`)],
  ["a Host with a comma", get("Host: a.example,b.example\r\n")],
  ["a Host with a space", get("Host: a.example b\r\n")],
  ["a Host with a tab", get("Host: a.example\tb\r\n")],
  ["a Host with a control character", get("Host: a\u0001.example\r\n")],
  ["a Host with a path", get("Host: a.example/b\r\n")],
  ["a Host with user information", get("Host: b@a.example\r\n")],
  ["a Host with a query", get("Host: a.example?b\r\n")],
  ["a Host with a fragment", get("Host: a.example#b\r\n")],
  ["a Host with percent-encoding", get("Host: a%2eexample\r\n")],
  ["a Host beyond ASCII", get("Host: \xe4.example\r\n")],
  ["a Host with a port that is none", get("Host: a.example:http\r\n")],
  ["an absolute form without Host", get("", "http://a.example/")],
];

const TARGETS: readonly Row[] = [
  ["a fragment", get(HOST, "/a#b")],
  ["a fragment in a query", get(HOST, "/?a#b")],
  ["a space", get(HOST, "/a b")],
  ["a tab", get(HOST, "/a\tb")],
  ["a NUL", get(HOST, "/a\0b")],
  ["a control character", get(HOST, "/a\u0001b")],
  ["a bare CR", get(HOST, "/a\rb")],
  ["no slash", get(HOST, "a")],
  ["the authority form", get(HOST, "a.example:80")],
  ["the asterisk form", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
  ["CONNECT", `CONNECT b.example:443 HTTP/1.1\r\n${HOST}\r\n`],
  ["TRACE", `TRACE / HTTP/1.1\r\n${HOST}\r\n`],
  ["100 kB", get(HOST, `/${"a".repeat(100_000)}`)],
];

const LENGTHS: readonly Row[] = [
  ["a length and chunks", `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["chunks and a length", `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`],
  ["two lengths", `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy`],
  ["two equal lengths", `${POST}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`],
  ["a list of lengths", `${POST}Content-Length: 1, 1\r\n\r\nx`],
  ["a signed length", `${POST}Content-Length: +1\r\n\r\nx`],
  ["a negative length", `${POST}Content-Length: -1\r\n\r\nx`],
  ["a hexadecimal length", `${POST}Content-Length: 0x1\r\n\r\nx`],
  ["an empty length", `${POST}Content-Length:\r\n\r\n`],
  ["a length beyond counting", `${POST}Content-Length: 99999999999999999999\r\n\r\nx`],
  ["an unknown coding", `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ["chunked last of two", `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ["chunked first of two", `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ["identity", `${POST}Transfer-Encoding: identity\r\n\r\n`],
  ["two codings", `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`],
  ["chunked twice", `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["a coding with a vertical tab", `${POST}Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n`],
  ["a coding with a space before the colon", `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ["chunks in HTTP/1.0", `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
];

const LINES: readonly Row[] = [
  ["bare LF for every line", "GET / HTTP/1.1\nHost: a.example\n\n"],
  ["a bare LF inside a field", get(`${HOST}A: b\nX-Forwarded-User: mallory\r\n`)],
  ["a bare CR inside a field", get(`${HOST}A: b\rX-Forwarded-User: mallory\r\n`)],
  ["a folded line", get(`${HOST}A: b\r\n c\r\n`)],
  ["a folded first line", get(` A: b\r\n${HOST}`)],
  ["a NUL in a value", get(`${HOST}A: b\0c\r\n`)],
  ["a control character in a value", get(`${HOST}A: b\u0001c\r\n`)],
  ["a nameless field", get(`${HOST}: b\r\n`)],
  ["a space before the colon", get(`${HOST}A : b\r\n`)],
  ["a space in a name", get(`${HOST}A B: c\r\n`)],
  ["a field without a colon", get(`${HOST}A\r\n`)],
  ["a name beyond ASCII", get(`${HOST}\xc4: b\r\n`)],
  ["another version", `GET / HTTP/2.0\r\n${HOST}\r\n`],
  ["no version", "GET /\r\n\r\n"],
  ["a version in lower case", `GET / http/1.1\r\n${HOST}\r\n`],
  ["HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a method in lower case", `get / HTTP/1.1\r\n${HOST}\r\n`],
  ["an unknown method", `FOO / HTTP/1.1\r\n${HOST}\r\n`],
  ["a control character in the method", `G\u0001T / HTTP/1.1\r\n${HOST}\r\n`],
  ["a space before the method", ` GET / HTTP/1.1\r\n${HOST}\r\n`],
  ["two spaces before the target", `GET  / HTTP/1.1\r\n${HOST}\r\n`],
  ["TLS on a plain port", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n"],
  ["a header of 100 kB", get(`${HOST}A: ${"a".repeat(100_000)}\r\n`)],
  ["10,000 cookies", get(`${HOST}Cookie: ${Array.from({ length: 10_000 }, (_, n) => `c${n}=v`).join("; ")}\r\n`)],
  ["10,000 fields", get(HOST + "A: b\r\n".repeat(10_000))],
];

const CHUNKS: readonly Row[] = [
  ["bare LF", `${CHUNKED}1\nx\n0\n\n`],
  ["a bare LF in an extension", `${CHUNKED}1;a\nx\r\n0\r\n\r\n`],
  ["no size", `${CHUNKED}zz\r\nx\r\n0\r\n\r\n`],
  ["a prefix of the size", `${CHUNKED}0x1\r\nx\r\n0\r\n\r\n`],
  ["a size beyond counting", `${CHUNKED}fffffffffffffffff1\r\nx\r\n0\r\n\r\n`],
  ["more than its size", `${CHUNKED}1\r\nxyz\r\n0\r\n\r\n`],
];

const REFUSED = /^(?:HTTP\/1\.1 (?:400|405|431|505) [^]*)?$/;

describe.each([
  ["Host", HOSTS],
  ["target", TARGETS],
  ["length", LENGTHS],
  ["line", LINES],
])("refused for its %s:", (_kind, rows) => {
  test.each([...rows])("%s", async (_name, bytes) => {
    const answer = await sendRaw(server.port, bytes);
    expect(answer.text).toMatch(REFUSED);
    expect(answer.end).not.toBe("open");
    expect(reached).toEqual([]);
  });
});

describe("a chunk with", () => {
  test.each([...CHUNKS])("%s breaks its request and closes the connection", async (_name, bytes) => {
    const answer = await sendRaw(server.port, `${bytes}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`);
    expect(answer.end).not.toBe("open");
    expect(answer.text).not.toContain(" 200 ");
    expect(reached.filter((line) => !line.endsWith(" broken"))).toEqual([]);
  });

  test.each([
    ["a malformed end", `${CHUNKED}0\r\nXX`],
    ["trailers", `${CHUNKED}0\r\nX-Forwarded-User: mallory\r\n\r\n`],
  ])("%s may be answered, but nothing follows it on the connection", async (_name, bytes) => {
    const answer = await sendRaw(server.port, `${bytes}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`);
    expect(answer.end).not.toBe("open");
    expect(reached.join()).not.toContain("smuggled");
  });
});

describe("understood in one way:", () => {
  test.each([
    [
      "an absolute form: its authority counts for nothing, Host does",
      get(HOST, "http://b.example/x"),
      "GET a.example /x ",
    ],
    ["dot segments", get(HOST, "/a/../b/./c"), "GET a.example /b/c "],
    ["encoded dot segments", get(HOST, "/a/%2e%2E/b"), "GET a.example /b "],
    ["backslashes", get(HOST, "/a\\..\\b"), "GET a.example /b "],
    ["encoded slashes", get(HOST, "/a%2f..%2fb"), "GET a.example /a%2f..%2fb "],
    ["two slashes", get(HOST, "//b/c"), "GET a.example //b/c "],
    ["broken percent-encoding", get(HOST, "/%zz%2"), "GET a.example /%zz%2 "],
    ["an encoded NUL", get(HOST, "/%00"), "GET a.example /%00 "],
    ["invalid UTF-8", get(HOST, "/\xff"), "GET a.example /%EF%BF%BD "],
    [
      "a body of a GET: dropped, and never the next request",
      `GET / HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nGET /`,
      "GET a.example / ",
    ],
    ["a field that looks like a length", `${POST}Content_Length: 5\r\n\r\n`, "POST a.example / "],
  ])("%s", async (_name, bytes, expected) => {
    const answer = await sendRaw(server.port, bytes, { until: "reached" });
    expect(answer.text).toContain("HTTP/1.1 200 OK");
    expect(reached).toEqual([expected]);
  });
});

describe("a slow client", () => {
  test("that never finishes its header block is closed", async () => {
    const answer = await sendRaw(server.port, "GET / HTTP/1.1\r\nHost: a.exa", { milliseconds: 20_000 });
    expect(answer.end).not.toBe("open");
    expect(reached).toEqual([]);
  }, 30_000);
});

test("the server is still there", async () => {
  expect(await (await fetch(server.url)).text()).toBe("reached");
});
