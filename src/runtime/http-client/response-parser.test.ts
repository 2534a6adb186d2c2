import { describe, expect, test } from "bun:test";

import { ResponseParser } from "./response-parser.ts";

interface Read {
  status?: number;
  headers?: readonly (readonly [string, string])[];
  keepAlive?: boolean;
  body: string;
  ended: boolean;
  surplus?: boolean;
}

function read(text: string, options: { method?: string; pieces?: number; close?: boolean } = {}): Read {
  const result: Read = { body: "", ended: false };
  const parser = new ResponseParser(options.method ?? "GET", {
    head: ({ status, headers, keepAlive }) => Object.assign(result, { status, headers, keepAlive }),
    data: (bytes) => void (result.body += Buffer.from(bytes).toString("latin1")),
    end: (surplus) => Object.assign(result, { ended: true, surplus }),
  });
  const bytes = Buffer.from(text, "latin1");
  const size = options.pieces ?? bytes.length;
  for (let at = 0; at < bytes.length; at += size) parser.push(Buffer.from(bytes.subarray(at, at + size)));
  if (options.close === true) parser.close();
  return result;
}

describe("a response is read", () => {
  const whole: readonly [name: string, text: string, body: string][] = [
    ["by its length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"],
    ["in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n", "hello"],
    ["with trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", "x"],
    [
      "after interim responses",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      "x",
    ],
    ["without a body", "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n", ""],
    ["without headers", "HTTP/1.1 204\r\n\r\n", ""],
    ["without change", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", ""],
    ["with an empty body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""],
  ];
  test.each(whole)("%s, in one piece or many", (_name, text, body) => {
    for (const pieces of [text.length, 7, 1]) {
      expect(read(text, { pieces })).toMatchObject({ body, ended: true, surplus: false, keepAlive: true });
    }
  });

  test("to the end of the connection when it has no length", () => {
    const open = read("HTTP/1.1 200 OK\r\n\r\nabc");
    expect(open).toMatchObject({ body: "abc", ended: false });
    expect(read("HTTP/1.1 200 OK\r\n\r\nabc", { close: true })).toMatchObject({ body: "abc", ended: true });
  });

  test("without a body for HEAD, whatever its length says", () => {
    expect(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", { method: "HEAD" })).toMatchObject({
      body: "",
      ended: true,
    });
  });

  test("with its header fields in order, lower case names, bytes kept", () => {
    const { headers } = read(
      "HTTP/1.1 204 X\r\nSet-Cookie: a=1\r\nX-Odd:\t \xe4\xa0 \r\nset-cookie: b=2\r\nEmpty:\r\n\r\n",
    );
    expect(headers).toEqual([
      ["set-cookie", "a=1"],
      ["x-odd", "\xe4\xa0"],
      ["set-cookie", "b=2"],
      ["empty", ""],
    ]);
  });

  test.each([
    ["HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"],
    ["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"],
    ["HTTP/1.1 200 OK\r\nConnection: foo\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx"],
  ])("%j and its connection is not used again", (text) => {
    expect(read(text).keepAlive).toBe(false);
  });

  test("and bytes after its end are noticed", () => {
    expect(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n").surplus).toBe(true);
    expect(read("HTTP/1.1 204 OK\r\n\r\nx").surplus).toBe(true);
    expect(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx").surplus).toBe(true);
  });
});

describe("a response is refused", () => {
  const head = "HTTP/1.1 200 OK\r\n";
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  test.each([
    ["that is not HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["of another version", "HTTP/2.0 200 OK\r\n\r\n"],
    ["with an odd status", "HTTP/1.1 99 X\r\n\r\n"],
    ["with both lengths", `${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ["with two lengths", `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    ["with a signed length", `${head}Content-Length: +1\r\n\r\n`],
    ["with a list of lengths", `${head}Content-Length: 1, 1\r\n\r\n`],
    ["with another coding", `${head}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ["with a folded line", `${head}A: b\r\n c\r\n\r\n`],
    ["with a bare LF", `${head}A: b\nC: d\r\n\r\n`],
    ["with a bare CR", `${head}A: b\rC: d\r\n\r\n`],
    ["with a NUL", `${head}A: b\0\r\n\r\n`],
    ["with a space before the colon", `${head}Transfer-Encoding : chunked\r\n\r\n`],
    ["with a nameless field", `${head}: b\r\n\r\n`],
    ["with a field without colon", `${head}abc\r\n\r\n`],
    ["that switches protocols", "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"],
    ["with a malformed chunk size", `${chunked}0x1\r\nx\r\n`],
    ["with a negative chunk size", `${chunked}-1\r\nx\r\n`],
    ["with a huge chunk size", `${chunked}fffffffffffff\r\nx\r\n`],
    ["with a bare LF in a chunk's line", `${chunked}1\nx\r\n`],
    ["with a chunk longer than said", `${chunked}1\r\nxy\r\n0\r\n\r\n`],
    ["with a chunk line that never ends", `${chunked}1;${"a".repeat(5000)}`],
    ["with a head that never ends", head + "A: b\r\n".repeat(12_000)],
    ["with trailers that never end", `${chunked}0\r\n${"A: b\r\n".repeat(5000)}`],
  ])("%s", (_name, text) => {
    expect(() => read(text)).toThrow("not valid HTTP");
    expect(() => read(text, { pieces: 11 })).toThrow("not valid HTTP");
  });

  test.each([
    ["its head", "HTTP/1.1 200 OK\r\nContent-"],
    ["its body", `${head}Content-Length: 5\r\n\r\nhel`],
    ["a chunk", `${chunked}5\r\nhel`],
    ["its last chunk", `${chunked}1\r\nx\r\n`],
    ["anything", ""],
  ])("that ends before the end of %s", (_name, text) => {
    expect(() => read(text, { close: true })).toThrow("ended early");
  });
});
