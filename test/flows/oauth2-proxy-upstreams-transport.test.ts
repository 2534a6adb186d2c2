import { afterEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { Secret } from "../../src/protocol/secret.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import { needs } from "../support/needs.ts";
import { nginxIsAvailable, startNginx } from "../support/nginx.ts";
import { sendRaw, startRawServer } from "../support/raw-http.ts";
import { selfSigned } from "../support/self-signed.ts";
import { until } from "../support/until.ts";
import { http, startUpstreamsFront, type UpstreamsFrontOptions } from "../support/upstreams-front.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUp.splice(0).reverse()) await clean();
});

async function front(options: UpstreamsFrontOptions) {
  const started = await startUpstreamsFront(options);
  cleanUp.push(() => started.stop(0));
  return started;
}

async function application(answer: (path: string) => string | undefined) {
  const server = await startRawServer((socket, head) => {
    const text = answer(head.split(" ")[1] ?? "");
    if (text === undefined) socket.destroy();
    else socket.write(text);
  });
  cleanUp.push(server.stop);
  return { ...server, origin: `http://127.0.0.1:${server.port}` };
}

const OK = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

describe("an application", () => {
  test("on a unix socket is asked by its path there", async () => {
    const folder = temporaryFolder();
    cleanUp.push(folder.remove);
    const socketPath = join(folder.path, "app.sock");
    const server = Bun.serve({
      unix: socketPath,
      fetch: (request) => new Response(`${request.headers.get("host")} ${new URL(request.url).search}`),
    });
    cleanUp.push(() => server.stop(true));
    const { url, port } = await front({ upstreams: [{ target: http("http://localhost", { socketPath }) }] });
    expect(await (await fetch(`${url}/x?y=1`)).text()).toBe(`127.0.0.1:${port} ?y=1`);
  });

  test("over TLS is believed only when its certificate is, or need not be", async () => {
    const { certificate, key } = selfSigned("app");
    const server = Bun.serve({ port: 0, tls: { cert: certificate, key }, fetch: () => new Response("over TLS") });
    cleanUp.push(() => server.stop(true));
    const origin = `https://localhost:${server.port}`;
    const { url, lines } = await front({
      upstreams: [
        { path: "/strict/", target: http(origin) },
        { path: "/lax/", target: http(origin, { insecureSkipTlsVerify: true }) },
      ],
    });
    expect((await fetch(`${url}/strict/`)).status).toBe(502);
    expect(lines.join("")).toContain("upstream failed");
    expect(await (await fetch(`${url}/lax/`)).text()).toBe("over TLS");
  });

  test("that cannot be reached, breaks off or is too slow is a bad gateway, with a page that carries our fields", async () => {
    const { origin } = await application((path) => (path === "/close/" ? undefined : ""));
    const { url, metrics } = await front({
      upstreams: [
        { path: "/down/", target: http("http://127.0.0.1:1") },
        { path: "/close/", target: http(origin) },
        { path: "/slow/", target: http(origin, { timeoutSeconds: 0.3 }) },
      ],
      context: { setCookies: ["a=1"] },
    });
    for (const path of ["/down/", "/close/", "/slow/"]) {
      const response = await fetch(`${url}${path}`);
      expect([response.status, await response.text()]).toEqual([
        502,
        "page: There was a problem connecting to the upstream server.",
      ]);
      expect(response.headers.get("gap-auth")).toBe("alice@example.com");
      expect(response.headers.getSetCookie()).toEqual(["a=1"]);
    }
    expect(metrics()).toContain('gatehouse_requests_total{route="application",outcome="5xx"} 3');
  });

  test("may take for ever where there is no timeout", async () => {
    const { origin } = await application(() => OK);
    const { url } = await front({ upstreams: [{ target: http(origin, { timeoutSeconds: 0 }) }] });
    expect(await (await fetch(url)).text()).toBe("ok");
  });

  test("is asked over a kept connection, or a new one each time where that is switched off", async () => {
    const { origin, connections } = await application(() => OK);
    const { url } = await front({
      upstreams: [
        { path: "/kept/", target: http(origin) },
        { path: "/new/", target: http(origin, { disableKeepAlives: true }) },
      ],
    });
    for (let count = 0; count < 3; count += 1) await (await fetch(`${url}/kept/`)).text();
    expect(connections()).toBe(1);
    for (let count = 0; count < 3; count += 1) await (await fetch(`${url}/new/`)).text();
    expect(connections()).toBe(4);
  });

  test("streams: the first event is there before the last is sent", async () => {
    let finish: () => void = () => undefined;
    const server = Bun.serve({
      port: 0,
      fetch: () => {
        const body = new ReadableStream({
          start: (controller) => {
            controller.enqueue("data: first\n\n");
            finish = () => {
              controller.enqueue("data: last\n\n");
              controller.close();
            };
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      },
    });
    cleanUp.push(() => server.stop(true));
    const { url } = await front({ upstreams: [{ target: http(server.url.origin) }] });
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.body!.getReader();
    const text = async () => new TextDecoder().decode((await reader.read()).value);
    expect(await text()).toBe("data: first\n\n");
    finish();
    expect(await text()).toBe("data: last\n\n");
  });

  test("gets bodies of any method as they were sent", async () => {
    const server = Bun.serve({
      port: 0,
      fetch: async (request) => new Response(`${request.method} ${(await request.bytes()).length}`),
    });
    cleanUp.push(() => server.stop(true));
    const { url } = await front({ upstreams: [{ target: http(server.url.origin) }] });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const response = await fetch(url, { method, body: new Uint8Array(200_000) });
      expect(await response.text()).toBe(`${method} 200000`);
    }
    const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    const { text } = await sendRaw(Number(new URL(url).port), chunked, { until: "POST 5" });
    expect(text).toContain("POST 5");
  });
});

describe("a signed request", () => {
  const KEY = "not-a-real-key";
  const HEADERS = [
    ["content-length", "content-md5", "content-type", "date", "authorization", "x-forwarded-user"],
    ["x-forwarded-email", "x-forwarded-preferred-user", "x-forwarded-access-token", "cookie", "gap-auth"],
  ].flat();

  /** What an application computes from what it received, by the rules of the hmacauth package. */
  async function expected(request: Request, body: Uint8Array, algorithm: string): Promise<string> {
    const url = new URL(request.url);
    const values = HEADERS.map((name) => request.headers.get(name) ?? "");
    const text = [request.method, ...values, decodeURIComponent(url.pathname) + url.search, ""].join("\n");
    return `${algorithm} ${createHmac(algorithm, KEY).update(text).update(body).digest("base64")}`;
  }

  test.each([["sha256"], ["sha1"], ["md5"]])("can be checked by the application (%s)", async (algorithm) => {
    const seen: (readonly [sent: string | null, computed: string, gapAuth: string | null])[] = [];
    const server = Bun.serve({
      port: 0,
      fetch: async (request) => {
        const computed = await expected(request, await request.bytes(), algorithm);
        seen.push([request.headers.get("gap-signature"), computed, request.headers.get("gap-auth")]);
        return new Response("ok");
      },
    });
    cleanUp.push(() => server.stop(true));
    const { url } = await front({
      upstreams: [{ target: http(server.url.origin) }],
      signature: { algorithm, key: new Secret(KEY) },
      requestHeaders: [
        {
          name: "X-Forwarded-User",
          preserveRequestValue: false,
          exactNameOnly: false,
          values: [{ kind: "claim", claim: "user", prefix: "" }],
        },
      ],
    });
    await fetch(`${url}/caf%C3%A9/x?a=1&b=%20`, { headers: { Cookie: "_oauth2_proxy=s; own=1" } });
    const json = { "Content-Type": "application/json", "GAP-Signature": "sha256 forged", "GAP-Auth": "root" };
    await fetch(`${url}/x`, { method: "POST", body: '{"a":"\u00fc"}', headers: json });
    await fetch(`${url}/x`, { method: "PUT", body: new Uint8Array(300_000) });
    expect(seen).toHaveLength(3);
    for (const [sent, computed, gapAuth] of seen) {
      expect(sent).toBe(computed);
      expect(gapAuth).toBe("alice@example.com");
    }
  });

  test("whose body is too large to be held is refused", async () => {
    const { origin, heads } = await application(() => OK);
    const signature = { algorithm: "sha256", key: new Secret(KEY) };
    const { url } = await front({ upstreams: [{ target: http(origin) }], signature });
    const response = await fetch(url, { method: "POST", body: new Uint8Array(33_554_433) });
    expect(response.status).toBe(413);
    expect(heads).toEqual([]);
  });

  test("with an algorithm that does not exist is refused at the start, without naming the key", async () => {
    const signature = { algorithm: "rot13", key: new Secret(KEY) };
    const starting = startUpstreamsFront({ upstreams: [{ target: http("http://127.0.0.1:1") }], signature });
    await expect(starting).rejects.toThrow('the algorithm "rot13" is not known');
  });
});

describe.if(needs("nginx", nginxIsAvailable()))("a real nginx behind us", () => {
  test("answers compressed and in ranges as if nobody was in between", async () => {
    const folder = temporaryFolder();
    cleanUp.push(folder.remove);
    mkdirSync(join(folder.path, "www"));
    const text = "compress me ".repeat(20_000);
    writeFileSync(join(folder.path, "www", "a.txt"), text);
    const socket = join(folder.path, "nginx.sock");
    const nginx = startNginx(`
      daemon off; user root; pid nginx.pid; error_log /dev/null; events {}
      http {
        access_log off; gzip on; gzip_types *; default_type text/plain;
        client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
        server { listen unix:${socket}; root ${join(folder.path, "www")}; }
      }`);
    cleanUp.push(() => nginx.stop());
    const { url } = await front({ upstreams: [{ target: http("http://localhost", { socketPath: socket }) }] });
    await until("nginx listens", async () => (await fetch(`${url}/a.txt`)).status === 200);

    const asIs = (headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${url}/a.txt`, { headers: { "Accept-Encoding": "identity", ...headers } });
    const plain = await asIs();
    expect([plain.headers.get("content-encoding"), await plain.text()]).toEqual([null, text]);
    const packed = await fetch(`${url}/a.txt`, { headers: { "Accept-Encoding": "gzip" }, decompress: false });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(gunzipSync(await packed.bytes()).toString()).toBe(text);
    const part = await asIs({ Range: "bytes=5-9" });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([
      206,
      `bytes 5-9/${text.length}`,
      text.slice(5, 10),
    ]);
    const tag = plain.headers.get("etag") ?? "";
    expect((await asIs({ "If-None-Match": tag })).status).toBe(304);
  });
});
