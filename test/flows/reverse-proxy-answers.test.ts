import { afterEach, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";

import { type Front, type FrontOptions, startFront } from "../support/front.ts";
import { type RawAnswer, sendRaw, startRawServer } from "../support/raw-http.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

type Application = Awaited<ReturnType<typeof startRawServer>>;

async function start(
  serve: Parameters<typeof startRawServer>[0],
  options: FrontOptions = {},
): Promise<{ front: Front; application: Application }> {
  const application = await startRawServer(serve);
  cleanUp.push(() => application.stop());
  const front = await startFront(`http://127.0.0.1:${application.port}`, options);
  cleanUp.push(() => front.stop(0));
  return { front, application };
}

function ask(front: Front, method = "GET", until: string | RegExp = /\r\n\r\n/): Promise<RawAnswer> {
  return sendRaw(front.port, `${method} / HTTP/1.1\r\nHost: a.example\r\n\r\n`, { until });
}

const answering =
  (text: string): Parameters<typeof startRawServer>[0] =>
  (socket) =>
    void socket.write(Buffer.from(text, "latin1"));

describe("the client gets the upstream's answer", () => {
  test("with its fields, except those of the connection", async () => {
    const { front } = await start(
      answering(
        "HTTP/1.1 404 Gone Fishing\r\nServer: tiny\r\nDate: Mon, 01 Jan 2001 00:00:00 GMT\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n" +
          "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-Name: J\xf6rg\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno",
      ),
    );
    const { text } = await ask(front, "GET", "\r\n\r\nno");
    const lines = text.split("\r\n");
    expect(lines[0]).toStartWith("HTTP/1.1 404 ");
    const names = lines.slice(1, -2).map((line) => line.toLowerCase());
    expect(names).toContain("set-cookie: a=1; path=/");
    expect(names).toContain("set-cookie: b=2");
    expect(names).toContain("x-name: j\xf6rg");
    expect(names).toContain("date: mon, 01 jan 2001 00:00:00 gmt");
    expect(names).toContain("content-length: 2");
    expect(names.filter((line) => line.startsWith("date:"))).toHaveLength(1);
    expect(names.join()).not.toMatch(/connection|x-hop|keep-alive/);
  });

  test("without cookies that would take the place of ours, and with ours", async () => {
    const { front } = await start(
      answering("HTTP/1.1 204 X\r\nSet-Cookie: gatehouse_session=fixed\r\nSet-Cookie: mine=1\r\n\r\n"),
      { context: { setCookies: ["gatehouse_session=; Max-Age=0"] } },
    );
    const { headers } = await fetch(front.url);
    expect(headers.getSetCookie()).toEqual(["mine=1", "gatehouse_session=; Max-Age=0"]);
  });

  test("compressed as it is, without decompressing", async () => {
    const zipped = gzipSync("hello".repeat(100));
    const { front } = await start((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n`);
      socket.write(zipped);
    });
    const response = await fetch(front.url, { decompress: false });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(Buffer.from(await response.arrayBuffer()).equals(zipped)).toBe(true);
  });

  test("a redirect as it is, without following", async () => {
    const { front, application } = await start(
      answering("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"),
    );
    const response = await fetch(front.url, { redirect: "manual" });
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("/next");
    expect(application.heads).toHaveLength(1);
  });

  test("the length of what HEAD would have got, and of what has not changed", async () => {
    const { front } = await start(answering('HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 7\r\n\r\n'));
    expect((await ask(front)).text.toLowerCase()).toContain("content-length: 7\r\n");
    const head = await start(answering("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"));
    expect((await ask(head.front, "HEAD")).text.toLowerCase()).toContain("content-length: 1234\r\n");
  });

  test("no content type that the upstream did not give", async () => {
    const { front } = await start(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
    const response = await fetch(front.url);
    expect(response.headers.get("content-type")).toBeNull();
    expect(await response.text()).toBe("hi");
  });

  test("whether it comes in chunks, in pieces, or to the end of the connection", async () => {
    const { front } = await start((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Enc");
      setTimeout(() => socket.write("oding: chunked\r\n\r\n5\r\nhel"), 10);
      setTimeout(() => socket.write("lo\r\n0\r\n\r\n"), 20);
    });
    expect(await (await fetch(front.url)).text()).toBe("hello");
    const other = await start((socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nto the end"));
    expect(await (await fetch(other.front.url)).text()).toBe("to the end");
  });

  test("over one kept connection, request after request", async () => {
    const { front, application } = await start(answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    for (let count = 0; count < 5; count += 1) await (await fetch(front.url)).text();
    expect(application.heads).toHaveLength(5);
    expect(application.connections()).toBe(1);
  });

  test("and never bytes that followed another answer", async () => {
    let count = 0;
    const { front, application } = await start((socket) => {
      count += 1;
      const surplus = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${count}${count === 1 ? surplus : ""}`);
    });
    expect(await (await fetch(front.url)).text()).toBe("1");
    expect(await (await fetch(front.url)).text()).toBe("2");
    expect(application.connections()).toBe(2);
  });

  test("also when the upstream had just closed the kept connection", async () => {
    const { front } = await start((socket, head) => {
      if (head.startsWith("GET /stale ")) socket.destroy();
      else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    await (await fetch(front.url)).text();
    // The kept connection dies under this request; on a fresh one it dies again, and that is an answer.
    expect((await fetch(`${front.url}/stale`)).status).toBe(502);
    expect((await fetch(front.url)).status).toBe(200);
  });
});

describe("an upstream that fails", () => {
  test.each([
    ["speaks no HTTP", "SSH-2.0-OpenSSH_9\r\n\r\n"],
    ["gives two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["folds a line", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"],
    ["switches protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
  ])("because it %s gives 502, and its name only to the log", async (_name, answer) => {
    const { front, application } = await start(answering(answer));
    const response = await fetch(front.url);
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain(String(application.port));
    expect(front.lines.join()).toContain(`http://127.0.0.1:${application.port}`);
    expect(front.metrics()).toContain('outcome="broken"} 1');
  });

  test("because nobody listens gives 502", async () => {
    const gone = await startRawServer(() => undefined);
    gone.stop();
    const front = await startFront(`http://127.0.0.1:${gone.port}`);
    cleanUp.push(() => front.stop(0));
    expect((await fetch(front.url)).status).toBe(502);
    expect(front.metrics()).toContain('outcome="unreachable"} 1');
  });

  test("because it does not answer gives 504", async () => {
    const { front } = await start(() => undefined, { timeoutSeconds: 1 });
    expect((await fetch(front.url)).status).toBe(504);
    expect(front.metrics()).toContain('outcome="timeout"} 1');
  });

  test("in the middle of a short body gives 502 instead of half a page", async () => {
    const { front } = await start((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    expect((await fetch(front.url)).status).toBe(502);
  });

  test.each([
    ["a long body", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf"],
    ["a chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
  ])("in the middle of %s breaks the client's connection: no truncation looks complete", async (_name, answer) => {
    const { front } = await start((socket) => {
      socket.write(answer);
      setTimeout(() => socket.destroy(), 50);
    });
    const { text, end } = await ask(front, "GET", "\r\n0\r\n");
    expect(text).toContain("half");
    expect(text).not.toContain("\r\n0\r\n");
    expect(end).toBe("reset");
    expect(front.lines.join()).toContain("upstream broke off its answer");
  });
});

describe("a client that goes away", () => {
  test("while the upstream thinks closes the upstream's connection", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { front } = await start((socket) => void socket.on("close", () => resolve()));
    await sendRaw(front.port, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", { milliseconds: 50 });
    await closed;
    expect(front.metrics()).toContain('outcome="aborted"} 1');
  });

  test("in the middle of a stream closes the upstream's connection", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { front } = await start((socket) => {
      socket.on("close", () => resolve());
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    });
    expect((await ask(front, "GET", "hello")).text).toContain("hello");
    await closed;
  });

  test("in the middle of an upload never makes it look complete", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { front, application } = await start((socket) => void socket.on("close", () => resolve()));
    const head = "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n";
    await sendRaw(front.port, `${head}5\r\nhello\r\n`, { milliseconds: 100 });
    await closed;
    expect(application.received()).toContain("\r\n5\r\nhello\r\n");
    expect(application.received()).not.toContain("\r\n0\r\n");
  });
});
