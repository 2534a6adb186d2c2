import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { sendRaw, startRawServer } from "../support/raw-http.ts";
import { http, startUpstreamsFront, type UpstreamsFront } from "../support/upstreams-front.ts";

const SAYS_TARGET = (name: string) =>
  startRawServer((socket, head) => {
    const body = `${name} ${head.split(" ")[1]}`;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  });

let one: Awaited<ReturnType<typeof startRawServer>>;
let two: Awaited<ReturnType<typeof startRawServer>>;
let front: UpstreamsFront;
let raw: UpstreamsFront;

beforeAll(async () => {
  one = await SAYS_TARGET("one");
  two = await SAYS_TARGET("two");
  const target = http(`http://127.0.0.1:${one.port}`);
  const other = http(`http://127.0.0.1:${two.port}`);
  const upstreams = [
    { path: "/app/", target },
    { path: "/app/long/", target: other },
    { path: "/exact", target: other },
    { path: "/teapot", target: { kind: "static", status: 418 } as const },
    { path: "/empty", target: { kind: "static", status: 204 } as const },
    { path: "^/app/old/([^/]*)/?(.*)$", rewriteTarget: "/new/$1?rest=$2", target: other },
    { path: "^/rw/(.*)$", rewriteTarget: "/base/$1", target },
    { path: "^/tail/(.*)x$", rewriteTarget: "/base/$1", target },
    { path: "^/bare/(.*)$", rewriteTarget: "$1", target },
    { path: "/caf\u00e9/", target: other },
  ];
  front = await startUpstreamsFront({ upstreams });
  raw = await startUpstreamsFront({ proxyRawPath: true, upstreams });
});

afterAll(async () => {
  await front.stop(0);
  await raw.stop(0);
  one.stop();
  two.stop();
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
  readonly auth: string | null;
}

/** Byte for byte: a URL parser would tidy the target up. */
async function ask(server: UpstreamsFront, target: string): Promise<Answer> {
  const { text } = await sendRaw(server.port, `GET ${target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`);
  const head = text.slice(0, text.indexOf("\r\n\r\n"));
  const field = (name: string): string | null => new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1] ?? null;
  return {
    status: Number(text.split(" ")[1]),
    text: text.slice(head.length + 4),
    location: field("location"),
    auth: field("gap-auth"),
  };
}

describe("a path finds its upstream", () => {
  test.each([
    ["/app/", "one /app/"],
    ["/app/x?q=%2F;a&b", "one /app/x?q=%2F;a&b"],
    ["/app/long", "one /app/long"],
    ["/app/long/x", "two /app/long/x"],
    ["/app%2flong%2Fx", "two /app%2flong%2Fx"],
    ["/exact", "two /exact"],
    ["/exact?", "two /exact?"],
    ["/%65xact", "two /%65xact"],
    ["/caf%c3%a9/x", "two /caf%c3%a9/x"],
    ["/app/%ff", "one /app/%ff"],
    ["/app/a%2Fb", "one /app/a%2Fb"],
    ["/app/...", "one /app/..."],
  ])("%s → %s", async (target, expected) => {
    expect(await ask(front, target)).toEqual({
      status: 200,
      text: expected,
      location: null,
      auth: "alice@example.com",
    });
  });

  test.each([
    ["/app/old/a", "two /new/a?rest="],
    ["/app/old/a/b%20c?z=1&a=2&a=1", "two /new/a?a=2&a=1&rest=b+c&z=1"],
    ["/rw/", "one /base/"],
    ["/rw/a%2Fb%20c", "one /base/a/b%20c"],
    ["/rw/a'(b)?q=a b".replace(" b", "+b"), "one /base/a%27%28b%29?q=a+b"],
    ["/bare/x", "one /x"],
  ])("%s is rewritten to %s", async (target, expected) => {
    expect(await ask(front, target)).toMatchObject({ status: 200, text: expected });
  });

  test.each([
    ["/app", "/app/"],
    ["/app?x=1", "/app/?x=1"],
    ["/caf%C3%A9", "/caf%C3%A9/"],
    ["//app/x", "/app/x"],
    ["/app//x?y=//", "/app/x?y=//"],
    ["/%2F/", "/"],
    ["/app/..%2fadmin", "/admin"],
    ["/app/%2e%2e%2fadmin?x", "/admin?x"],
    ["/app/.%2f", "/app/"],
    ["/%2F%5Cevil.test", "/%5Cevil.test"],
    ["/app%2F%2Fa%3Fb", "/app/a%3Fb"],
  ])("%s is sent on to %s", async (target, location) => {
    expect(await ask(front, target)).toEqual({ status: 301, text: "", location, auth: "alice@example.com" });
  });

  test.each([["/"], ["/other"], ["/exact/"], ["/exactly"], ["/apple"], ["/other/..x"]])(
    "%s has none",
    async (target) => {
      expect(await ask(front, target)).toEqual({
        status: 404,
        text: "404 page not found\n",
        location: null,
        auth: "alice@example.com",
      });
    },
  );

  test.each([["/app/%zz"], ["/app/%"], ["/tail/..x"]])("%s is refused", async (target) => {
    expect(await ask(front, target)).toMatchObject({ status: 400 });
  });
});

describe("with a raw path", () => {
  test.each([
    ["/app/a%2Fb", 200, "one /app/a%2Fb"],
    ["/app/..%2fadmin", 200, "one /app/..%2fadmin"],
    ["/rw/a%2Fb", 200, "one /base/a/b"],
    ["/app%2flong%2fx", 404, "404 page not found\n"],
    ["/rw/..%2f..%2fadmin", 400, "400 Bad Request\n"],
    ["/app/%zz", 400, "400 Bad Request\n"],
  ])("%s → %i %s", async (target, status, text) => {
    expect(await ask(raw, target)).toMatchObject({ status, text });
  });

  test("empty segments are still sent on to the clean path, its escapes untouched", async () => {
    expect(await ask(raw, "/app//a%2F%2fb?q")).toMatchObject({ status: 301, location: "/app/a%2F%2fb?q" });
    expect(await ask(raw, "//evil.test/x")).toMatchObject({ status: 301, location: "/evil.test/x" });
    expect(await ask(raw, "/app")).toMatchObject({ status: 301, location: "/app/" });
  });
});

describe("a fixed answer", () => {
  test("says that one is signed in, with its status", async () => {
    const response = await fetch(`${front.url}/teapot`);
    expect([response.status, await response.text()]).toEqual([418, "Authenticated"]);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(response.headers.get("gap-auth")).toBe("alice@example.com");
  });

  test("has no body where there is none", async () => {
    const response = await fetch(`${front.url}/empty`);
    expect([response.status, await response.text()]).toEqual([204, ""]);
  });
});

test("a path that is no regular expression is named when it is set up", async () => {
  const upstreams = [{ id: "broken", path: "^/(", rewriteTarget: "/", target: http("http://127.0.0.1:1") }];
  await expect(startUpstreamsFront({ upstreams })).rejects.toThrow('upstream "broken"');
});
