import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import { type RunningServer, serve } from "../runtime/serve.ts";
import { createLog } from "../telemetry/create-log.ts";
import { createHelloHandler, hello } from "./hello.ts";

let server: RunningServer;
beforeAll(async () => {
  const handler = createHelloHandler({ signOutUrl: "https://auth.example.com/oauth2/sign_out" });
  const log = createLog({ format: "json", level: "error", write: () => undefined });
  server = await serve({ host: "127.0.0.1", port: 0, handler, log });
});
afterAll(() => server.stop(0));

describe("the sample application", () => {
  test("shows the request, who it is from, and the way out", async () => {
    const headers = { "X-Forwarded-User": "alice", "X-Forwarded-Email": "alice@example.com", "X-Odd": "<b>" };
    const response = await fetch(`${server.url}/page?a=1&b=%2F2`, { headers });
    const text = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(text).toContain("/page?a=1&amp;b=%2F2");
    expect(text).toContain("alice@example.com");
    expect(text).toContain("&lt;b&gt;");
    expect(text).toContain('href="https://auth.example.com/oauth2/sign_out"');
  });

  test("answers JSON where JSON is wanted, with names as UTF-8", async () => {
    const user = Buffer.from("Jürgen", "utf8").toString("latin1");
    const headers = { Accept: "application/json", "X-Auth-Request-User": user, "X-Auth-Request-Groups": "a,b" };
    const echo: unknown = await (await fetch(`${server.url}/x?y=1`, { method: "POST", headers, body: "z" })).json();
    expect(echo).toMatchObject({ method: "POST", target: "/x?y=1", user: "Jürgen", email: "", groups: "a,b" });
    expect(echo).toMatchObject({ headers: { "x-auth-request-user": "Jürgen" } });
  });

  test("is healthy, streams, counts uploads and sends events", async () => {
    expect(await (await fetch(`${server.url}/healthz`)).text()).toBe("ok\n");
    expect((await (await fetch(`${server.url}/stream?mb=3`)).arrayBuffer()).byteLength).toBe(3_000_000);
    const uploaded = await fetch(`${server.url}/upload`, { method: "POST", body: new Uint8Array(1_234_567) });
    expect(await uploaded.json()).toEqual({ bytes: 1_234_567 });
    const events = (await fetch(`${server.url}/sse`)).body?.getReader();
    expect(new TextDecoder().decode((await events?.read())?.value)).toBe("id: 1\ndata: event 1\n\n");
    await events?.cancel();
  });

  test("echoes over a WebSocket", async () => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    socket.addEventListener("open", () => socket.send("hi"));
    socket.addEventListener("message", ({ data }) => resolve(data));
    expect(await promise).toBe("hi");
    socket.close();
    expect((await fetch(`${server.url}/ws`)).status).toBe(426);
  });
});

describe("the command", () => {
  test.each([[["--listen", "nowhere"]], [["--listen", "127.0.0.1:99999"]], [["--what"]], [["--listen"]]])(
    "explains itself when called with %j",
    async (argv) => {
      let stderr = "";
      const status = await hello(argv, { stdout: () => undefined, stderr: (text) => (stderr += text) });
      expect(status).toBe(2);
      expect(stderr).toStartWith("usage: gatehouse hello");
    },
  );

  test("names the address that is taken, and the flag", async () => {
    let stderr = "";
    const io = { stdout: (): void => undefined, stderr: (text: string): void => void (stderr += text) };
    expect(await hello(["--listen", `127.0.0.1:${server.port}`], io)).toBe(1);
    expect(stderr).toBe(`gatehouse: 127.0.0.1:${server.port} is already in use. Change it with \`--listen\`.\n`);
  });
});
