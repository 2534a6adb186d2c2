import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Handler } from "../../src/http/handler.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { connectWebSocket } from "../../src/runtime/connect-web-socket.ts";
import type { ListenerTls } from "../../src/runtime/relay/certificate.ts";
import { serveListener } from "../../src/runtime/serve-listener.ts";
import { type RunningServer, serve } from "../../src/runtime/serve.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import { sendRaw } from "../support/raw-http.ts";
import { type SelfSigned, selfSigned } from "../support/self-signed.ts";
import { connectTls, type TlsClient } from "../support/tls-client.ts";
import { until } from "../support/until.ts";

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

const lines: string[] = [];
const log = createLog({ format: "json", level: "info", write: (line) => lines.push(line) });
const first = selfSigned("first");
const second = selfSigned("second");

const asText = ({ certificate, key }: SelfSigned): Pick<ListenerTls, "certificate" | "key"> => ({
  certificate: { text: new Secret(certificate) },
  key: { text: new Secret(key) },
});

const whoAsks: Handler = async (request, peer) => {
  const body = await request.text();
  return new Response(`${request.method} ${new URL(request.url).pathname} ${peer.address()} ${peer.secure} ${body}`);
};

async function listen(tls: Partial<ListenerTls> = {}, handler = whoAsks): Promise<RunningServer> {
  const server = await serveListener(
    {
      address: { kind: "tcp", host: "127.0.0.1", port: 0 },
      tls: { ...asText(first), minVersion: "TLSv1.2", ciphers: [], ...tls },
    },
    { handler, log },
  );
  endings.push(() => server.stop(0));
  return server;
}

async function connect(...given: Parameters<typeof connectTls>): Promise<TlsClient> {
  const client = await connectTls(...given);
  endings.push(() => client.close());
  return client;
}

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a.example\r\n${more}\r\n`;
const CLOSE = "Connection: close\r\n";
const TRUST = { tls: { ca: first.certificate } };

describe("over TLS", () => {
  test("a request is answered, its client's address and that it was secure are known", async () => {
    const { url, port } = await listen();
    expect(url).toBe(`https://127.0.0.1:${port}`);
    const response = await fetch(`${url}/page`, { method: "POST", body: "form", ...TRUST });
    expect(await response.text()).toBe("POST /page 127.0.0.1 true form");
  });

  test("big bodies arrive whole in both directions", async () => {
    const { url } = await listen({}, async (request) => new Response(await request.bytes()));
    const body = crypto.getRandomValues(new Uint8Array(65_536));
    const megabytes = new Uint8Array(8 * 1_048_576).map((_, index) => body[index % body.length] ?? 0);
    const response = await fetch(url, { method: "POST", body: megabytes, ...TRUST });
    expect(Buffer.compare(await response.bytes(), megabytes)).toBe(0);
  });

  test("a WebSocket is spoken", async () => {
    const { url } = await listen({}, (_request, peer) => {
      const message = (data: string | Uint8Array<ArrayBuffer>): void => void side?.send(`echo ${String(data)}`);
      let side: Parameters<Parameters<NonNullable<typeof peer.upgrade>>[0]["open"]>[0] | undefined;
      const events = { open: (socket: typeof side) => void (side = socket), message, close: () => undefined };
      return peer.upgrade?.(events) ?? new Response("no handshake", { status: 400 });
    });
    const { promise: heard, resolve: hear } = Promise.withResolvers<unknown>();
    const request = {
      origin: url,
      target: "/",
      headers: [["Host", "a.example"]],
      protocols: [],
      timeoutSeconds: 5,
    } as const;
    const events = { open: () => undefined, message: hear, close: () => undefined };
    await expect(connectWebSocket(request, events)).rejects.toMatchObject({ code: "unreachable" });
    const { socket } = await connectWebSocket({ ...request, authorities: [first.certificate] }, events);
    socket.send("hi");
    expect(await heard).toBe("echo hi");
    socket.close();
    const { socket: unverified } = await connectWebSocket({ ...request, insecureSkipTlsVerify: true }, events);
    unverified.close();
  });

  test("whoever closes is noticed by whoever answers", async () => {
    const { promise: noticed, resolve: notice } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { port } = await listen({}, (request) => {
      request.signal.addEventListener("abort", () => notice());
      arrive();
      return new Promise<Response>(() => undefined);
    });
    const client = await connect(port);
    client.send(get("/"));
    await arrived;
    client.close();
    await noticed;
  });

  test.each([
    [
      "both a length and chunks",
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
    ["a folded line", "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n"],
  ])("%s is refused as without", async (_name, bytes) => {
    const client = await connect((await listen()).port);
    client.send(bytes);
    await client.ended;
    expect(client.heard()).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("plain HTTP gets no answer", async () => {
    expect((await sendRaw((await listen()).port, get("/"))).text).toBe("");
  });

  test("and without it the same handler answers on another listener at once", async () => {
    const secure = await listen();
    const plain = await serve({ host: "127.0.0.1", port: 0, handler: whoAsks, log });
    endings.push(() => plain.stop(0));
    const answers = await Promise.all([
      fetch(`${plain.url}/a`).then((response) => response.text()),
      fetch(`${secure.url}/a`, TRUST).then((response) => response.text()),
    ]);
    expect(answers).toEqual(["GET /a 127.0.0.1 undefined ", "GET /a 127.0.0.1 true "]);
  });
});

describe("what is agreed on", () => {
  test("TLS 1.3 and HTTP/1.1, by default", async () => {
    const client = await connect((await listen()).port, { ALPNProtocols: ["h2", "http/1.1"] });
    expect([client.protocol, client.alpn]).toEqual(["TLSv1.3", "http/1.1"]);
  });

  test("TLS 1.2 where that is allowed, and not where it is not", async () => {
    const old = { maxVersion: "TLSv1.2" } as const;
    expect((await connect((await listen()).port, old)).protocol).toBe("TLSv1.2");
    await expect(connect((await listen({ minVersion: "TLSv1.3" })).port, old)).rejects.toThrow();
  });

  test("nothing older", async () => {
    const ancient = { minVersion: "TLSv1", maxVersion: "TLSv1.1" } as const;
    await expect(connect((await listen()).port, ancient)).rejects.toThrow();
  });

  test("for TLS 1.2 one of the given cipher suites, and no other", async () => {
    const { port } = await listen({ ciphers: ["ECDHE-ECDSA-AES128-GCM-SHA256"] });
    const old = { maxVersion: "TLSv1.2" } as const;
    expect((await connect(port, old)).cipher).toBe("ECDHE-ECDSA-AES128-GCM-SHA256");
    await expect(connect(port, { ...old, ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305" })).rejects.toThrow();
  });
});

interface Files {
  readonly tls: Pick<ListenerTls, "certificate" | "key">;
  write(to: SelfSigned): void;
}

function filesOf(initial: SelfSigned): Files {
  const folder = temporaryFolder();
  endings.push(() => folder.remove());
  const [certificate, key] = [join(folder.path, "tls.crt"), join(folder.path, "tls.key")];
  const write = (to: SelfSigned): void => {
    writeFileSync(certificate, to.certificate);
    writeFileSync(key, to.key);
  };
  write(initial);
  return { tls: { certificate: { file: certificate }, key: { file: key } }, write };
}

const shown = async (port: number): Promise<string> => {
  const client = await connectTls(port);
  client.close();
  return client.name;
};

describe("a renewed certificate", () => {
  test("is shown without a restart, while older connections live on, under the same rules", async () => {
    const files = filesOf(first);
    const { port } = await listen({ ...files.tls, ciphers: ["ECDHE-ECDSA-AES128-GCM-SHA256"] });
    const old = await connect(port);
    old.send(get("/before"));
    await until("the first answer", () => old.heard().includes("GET /before"));
    files.write(second);
    await until("the second certificate", async () => (await shown(port)) === "second");
    old.send(get("/after"));
    await until("the answer", () => old.heard().includes("GET /after"));
    const cipher = { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305" } as const;
    await expect(connect(port, cipher)).rejects.toThrow();
    expect(lines.join("\n")).toContain("TLS certificate renewed");
  });

  test("is found where Kubernetes swaps a symbolic link", async () => {
    const folder = temporaryFolder();
    endings.push(() => folder.remove());
    const at = (...names: string[]): string => join(folder.path, ...names);
    for (const [name, pair] of Object.entries({ one: first, two: second })) {
      const made = temporaryFolder();
      writeFileSync(join(made.path, "tls.crt"), pair.certificate);
      writeFileSync(join(made.path, "tls.key"), pair.key);
      renameSync(made.path, at(name));
    }
    symlinkSync("one", at("..data"));
    symlinkSync(join("..data", "tls.crt"), at("tls.crt"));
    symlinkSync(join("..data", "tls.key"), at("tls.key"));
    const { port } = await listen({ certificate: { file: at("tls.crt") }, key: { file: at("tls.key") } });
    expect(await shown(port)).toBe("first");
    symlinkSync("two", at("..data_tmp"));
    renameSync(at("..data_tmp"), at("..data"));
    await until("the second certificate", async () => (await shown(port)) === "second");
  });

  test("that cannot be used is told without its content, and the old one stays until a better one comes", async () => {
    const files = filesOf(first);
    const { port } = await listen(files.tls);
    files.write({ certificate: second.certificate, key: first.key });
    const line = await until("the complaint", () => lines.find((found) => found.includes("do not belong together")));
    expect(line).toContain("TLS certificate not renewed, the old one stays");
    expect(line).not.toContain("PRIVATE");
    expect(await shown(port)).toBe("first");
    files.write(second);
    await until("the second certificate", async () => (await shown(port)) === "second");
  });
});

describe("a certificate that cannot be used keeps the listener from starting:", () => {
  const nowhere = { certificate: { file: "/nowhere/tls.crt" } };
  test.each<readonly [string, Partial<ListenerTls>, string]>([
    ["a missing file", nowhere, "TLS certificate /nowhere/tls.crt cannot be read (ENOENT)."],
    [
      "another's key",
      { key: asText(second).key },
      "TLS certificate of the configuration and TLS key of the configuration do not belong together.",
    ],
    [
      "no certificate",
      { certificate: asText(second).key },
      "TLS certificate of the configuration holds no certificate in PEM.",
    ],
    ["no key", { key: asText(first).certificate }, "TLS key of the configuration holds no private key in PEM."],
    [
      "unknown ciphers",
      { ciphers: ["ROT13"] },
      "TLS certificate of the configuration cannot be served with the cipher suites ROT13.",
    ],
  ])("%s", async (_name, tls, message) => {
    await expect(listen(tls)).rejects.toMatchObject({ name: "CertificateError", message });
  });
});

test("a port that is taken is an error with its name, and a free one can be had afterwards", async () => {
  const { port } = await listen();
  const again = {
    address: { kind: "tcp", host: "127.0.0.1", port },
    tls: { ...asText(first), minVersion: "TLSv1.2", ciphers: [] },
  } as const;
  const message = `127.0.0.1:${port} is already in use.`;
  await expect(serveListener(again, { handler: whoAsks, log })).rejects.toMatchObject({ reason: "taken", message });
});

test("a unix socket may speak TLS too", async () => {
  const folder = temporaryFolder();
  endings.push(() => folder.remove());
  const path = join(folder.path, "gate.sock");
  const server = await serveListener(
    { address: { kind: "unix", path, mode: 0o660 }, tls: { ...asText(first), minVersion: "TLSv1.2", ciphers: [] } },
    { handler: whoAsks, log },
  );
  endings.push(() => server.stop(0));
  const response = await fetch("https://localhost/page", { unix: path, ...TRUST });
  expect(await response.text()).toBe("GET /page  true ");
});

describe("the end", () => {
  test("lets what is in flight finish, and accepts nothing new", async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: go, resolve: letGo } = Promise.withResolvers<void>();
    const { url, port, stop } = await listen({}, async () => {
      arrive();
      await go;
      return new Response("x".repeat(1_000_000));
    });
    const answer = fetch(url, TRUST);
    await arrived;
    const stopped = stop(30);
    await expect(connect(port)).rejects.toThrow();
    letGo();
    const response = await answer;
    expect((await response.text()).length).toBe(1_000_000);
    expect(response.headers.get("connection")).toBe("close");
    await stopped;
  });

  test("closes connections that say nothing", async () => {
    const { port, stop } = await listen();
    const client = await connect(port);
    client.send(get("/"));
    await until("the answer", () => client.heard().includes("GET /"));
    await stop(5);
    await client.ended;
  });
});

test("the port behind the listener refuses whoever comes to it directly", async () => {
  const before = new Set(loopbackPorts());
  const { url, port } = await listen();
  const behind = loopbackPorts().filter((found) => !before.has(found) && found !== port);
  const answers = await Promise.all(behind.map(async (found) => sendRaw(found, get("/secret", CLOSE))));
  expect(answers.some(({ text }) => text.startsWith("HTTP/1.1 400 "))).toBe(true);
  expect(answers.map(({ text }) => text).join("")).not.toContain("GET /secret");
  expect(await (await fetch(`${url}/page`, TRUST)).text()).toContain("GET /page");
});

/** Ports listened on at 127.0.0.1, as the kernel lists them. */
function loopbackPorts(): readonly number[] {
  const table = readFileSync("/proc/self/net/tcp", "utf8").split("\n").slice(1);
  return table.flatMap((line) => {
    const [, place = "", , state] = line.trim().split(/\s+/);
    return state === "0A" && place.startsWith("0100007F:") ? [Number.parseInt(place.slice(9), 16)] : [];
  });
}
