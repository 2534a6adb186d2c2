import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type Front, startFront } from "../support/front.ts";
import { sendRaw, startRawServer } from "../support/raw-http.ts";

/** An application that answers with the very bytes of the request's head. */
let application: Awaited<ReturnType<typeof startRawServer>>;
let front: Front;

beforeAll(async () => {
  application = await startRawServer((socket, head) => {
    const body = head.startsWith("HEAD") ? "" : head;
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${head.length}\r\n\r\n${body}`);
  });
  front = await startFront(`http://127.0.0.1:${application.port}`);
});

afterAll(async () => {
  await front.stop(0);
  application.stop();
});

/** The head that the application saw. */
async function seen(head: string): Promise<string> {
  await sendRaw(front.port, head, { until: "\r\n\r\n" });
  return application.heads.at(-1) ?? "";
}

describe("the application sees", () => {
  test("the target byte for byte", async () => {
    const target = "/a%2Fb/%zz;x=1//c?q=%2F&r=a+b&%00=[|]";
    expect(await seen(`GET ${target} HTTP/1.1\r\nHost: wiki.example.com\r\n\r\n`)).toStartWith(
      `GET ${target} HTTP/1.1\r\n`,
    );
  });

  test("the client's Host, and who asks for what", async () => {
    const head = await seen("GET / HTTP/1.1\r\nHost: wiki.example.com:8443\r\nAccept: a/b\r\n\r\n");
    expect(head.split("\r\n")).toEqual([
      "GET / HTTP/1.1",
      "host: wiki.example.com:8443",
      "accept: a/b",
      "x-forwarded-for: 127.0.0.1",
      "x-forwarded-host: wiki.example.com:8443",
      "x-forwarded-proto: http",
      "x-forwarded-port: 8443",
      "X-Forwarded-User: alice",
      "X-Forwarded-Email: alice@example.com",
      "",
      "",
    ]);
  });

  test.each([
    ["an identity", "X-Forwarded-User: mallory"],
    ["an identity with underscores", "X_Forwarded_User: mallory"],
    ["an identity in odd case", "x-FORWARDED-eMAIL: mallory@example.com"],
    ["an identity with dots", "X.Auth.Request.User: mallory"],
    ["groups", "X-Auth-Request-Groups: admins"],
    ["an address", "X-Forwarded-For: 6.6.6.6"],
    ["an address with underscores", "X_Forwarded_For: 6.6.6.6"],
    ["an address by its other name", "X-Real-IP: 6.6.6.6"],
    ["an address by its standard name", "Forwarded: for=6.6.6.6;host=mallory"],
    ["another host", "X-Forwarded-Host: mallory"],
    ["another scheme", "X-Forwarded-Proto: gopher"],
    ["another path", "X-Original-URL: /admin/mallory"],
    ["another path for other servers", "X-Rewrite-URL: /admin/mallory"],
    ["hop-by-hop fields", "Keep-Alive: mallory"],
    ["credentials for a proxy", "Proxy-Authorization: mallory"],
    ["transfer codings", "TE: trailers, mallory"],
    ["what Connection names", "Connection: X-Secret\r\nX-Secret: mallory"],
  ])("no %s that the client made up", async (_name, line) => {
    const head = await seen(`GET / HTTP/1.1\r\nHost: a.example\r\n${line}\r\n\r\n`);
    expect(head).not.toContain("mallory");
    expect(head).not.toContain("6.6.6.6");
    expect(head).toContain("\r\nX-Forwarded-User: alice\r\n");
  });

  test("our identity headers even when Connection names them", async () => {
    const head = await seen(
      "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close, X-Forwarded-User, x-forwarded-for\r\n\r\n",
    );
    expect(head).toContain("\r\nX-Forwarded-User: alice\r\n");
    expect(head).toContain("\r\nx-forwarded-for: 127.0.0.1\r\n");
    expect(head.toLowerCase()).not.toContain("connection:");
  });

  test("its own cookies and none of ours", async () => {
    const cookie = 'a=1; gatehouse_session=secret;b="x y"; gatehouse_login_x=secret; c';
    const head = await seen(`GET / HTTP/1.1\r\nHost: a.example\r\nCookie: ${cookie}\r\n\r\n`);
    expect(head).toContain('\r\ncookie: a=1; b="x y"; c\r\n');
    const only = await seen("GET / HTTP/1.1\r\nHost: a.example\r\nCookie: gatehouse_session=secret\r\n\r\n");
    expect(only).not.toContain("cookie");
  });

  test("bytes beyond ASCII in a field as they were", async () => {
    expect(await seen("GET / HTTP/1.1\r\nHost: a.example\r\nX-Name: J\xf6rg \xc3\xa4\r\n\r\n")).toContain(
      "x-name: J\xf6rg \xc3\xa4\r\n",
    );
  });

  test("a body that was announced, with its length; and none where there is none", async () => {
    const posted = await seen("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc");
    expect(posted).toContain("\r\nContent-Length: 3\r\n");
    expect(posted).not.toContain("Transfer-Encoding");
    const empty = await seen("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n");
    expect(empty).toContain("\r\nContent-Length: 0\r\n");
    expect(await seen("DELETE /x HTTP/1.1\r\nHost: a.example\r\n\r\n")).not.toContain("Content-Length");
  });

  test("no request with a body that could not be handed over", async () => {
    const before = application.heads.length;
    const answer = await sendRaw(front.port, "GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc", {
      until: "\r\n\r\n",
    });
    expect(answer.text).toStartWith("HTTP/1.1 400 ");
    expect(application.heads.length).toBe(before);
  });

  test("the upstream's own name where it is configured so", async () => {
    const other = await startFront(`http://127.0.0.1:${application.port}`, { passHost: false });
    const head = await (await fetch(other.url)).text();
    expect(head).toContain(`\r\nhost: 127.0.0.1:${application.port}\r\n`);
    expect(head).toContain(`\r\nx-forwarded-host: 127.0.0.1:${other.port}\r\n`);
    await other.stop(0);
  });
});
