import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Browser } from "./browser.ts";
import { COOKIE_SECRET, type DropIn, dropInFlags, startDropIn } from "./drop-in.ts";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "./fake-provider.ts";
import { freePort, spawnGatehouse, temporaryFolder } from "./gatehouse.ts";
import { sendRaw } from "./raw-http.ts";
import type { SelfSigned } from "./self-signed.ts";
import { until } from "./until.ts";

/** What the application behind the door was asked. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The drop-in in its own process, between a fake provider and an application that writes down what reaches it. */
export interface Door {
  readonly provider: FakeProvider;
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** What reached the application, oldest first. */
  readonly seen: Seen[];
  /** What it said to stdout and stderr so far. */
  output(): string;
  /** A browser that has signed in; `start` is where it began. */
  signIn(start?: string): Promise<Browser>;
  stop(): Promise<void>;
}

export interface DoorOptions {
  readonly provider?: FakeProviderOptions;
  /** One that runs already, and goes on running. */
  readonly sharedProvider?: FakeProvider;
  /** File name → text, in the working directory. */
  readonly files?: Readonly<Record<string, string>>;
  /** Everybody with an address may enter. Default: yes. */
  readonly everybody?: boolean;
  /** Default: the application, which answers everything with 200 and echoes WebSocket messages. */
  readonly upstream?: string;
  /** Paths are matched and passed on as they were sent: `proxyRawPath` of the structured configuration. */
  readonly rawPath?: boolean;
  /** Of the structured configuration, with `rawPath`. */
  readonly injectRequestHeaders?: readonly unknown[];
  /** Listen on this unix socket and nowhere else: `port` is then 0. */
  readonly socketPath?: string;
  /** Listen with TLS and nowhere else. */
  readonly certificate?: SelfSigned;
}

export async function startDoor(flags: readonly string[] = [], options: DoorOptions = {}): Promise<Door> {
  const seen: Seen[] = [];
  const provider = options.sharedProvider ?? (await startFakeProvider(options.provider));
  const app = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, server) => {
      const { pathname, search } = new URL(request.url);
      seen.push({
        method: request.method,
        target: `${pathname}${search}`,
        headers: Object.fromEntries(request.headers),
      });
      if (server.upgrade(request)) return undefined;
      return new Response("the application");
    },
    websocket: { message: (socket, message) => void socket.send(message) },
  });
  const upstream = options.upstream ?? `http://127.0.0.1:${app.port}`;
  const stopOthers = async (): Promise<void> => {
    await app.stop(true);
    if (provider !== options.sharedProvider) await provider.stop();
  };
  const running = await startProgram({ provider, upstream, flags, options }).catch(async (error: unknown) => {
    await stopOthers();
    throw error;
  });
  return {
    provider,
    port: running.port,
    url: running.url,
    seen,
    output: () => running.process.output(),
    async signIn(start = "/oauth2/start?rd=%2F") {
      const browser = new Browser();
      await browser.open(`${running.url}${start}`);
      return browser;
    },
    async stop() {
      await running.stop();
      await stopOthers();
    },
  };
}

interface Program {
  readonly provider: FakeProvider;
  readonly upstream: string;
  readonly flags: readonly string[];
  readonly options: DoorOptions;
}

async function startProgram({ provider, upstream, flags, options }: Program): Promise<DropIn> {
  const { files = {}, socketPath, certificate, rawPath, everybody = true } = options;
  if (rawPath === true) return startRawPath({ provider, upstream, flags, options });
  const base = dropInFlags(provider).filter((flag) => everybody || !flag.startsWith("--email-domain"));
  const all = [...base, `--upstream=${upstream}`, ...flags];
  if (socketPath !== undefined) {
    const args = [`--http-address=unix://${socketPath}`, ...all];
    return spawnIn({ args, files, port: 0, ready: () => fetch("http://localhost/ping", { unix: socketPath }) });
  }
  if (certificate === undefined) return startDropIn(all, { files });
  const port = await freePort();
  return spawnIn({
    args: [`--https-address=127.0.0.1:${port}`, "--tls-cert-file=cert.pem", "--tls-key-file=key.pem", ...all],
    files: { ...files, "cert.pem": certificate.certificate, "key.pem": certificate.key },
    port,
    ready: () => fetch(`https://127.0.0.1:${port}/ping`, { tls: { rejectUnauthorized: false } }),
  });
}

/** With the structured configuration, which has more options than the flags. JSON is YAML. */
async function startRawPath({ provider, upstream, flags, options }: Program): Promise<DropIn> {
  const port = await freePort();
  const alpha = {
    server: { bindAddress: `127.0.0.1:${port}` },
    upstreamConfig: { proxyRawPath: true, upstreams: [{ id: "app", path: "/", uri: upstream }] },
    injectRequestHeaders: options.injectRequestHeaders ?? [],
    providers: [
      {
        id: "main",
        provider: "oidc",
        clientID: provider.clientId,
        clientSecret: provider.clientSecret,
        oidcConfig: { issuerURL: provider.issuer, emailClaim: "email", userIDClaim: "email", audienceClaims: ["aud"] },
      },
    ],
  };
  return spawnIn({
    args: ["--alpha-config=alpha.yaml", `--cookie-secret=${COOKIE_SECRET}`, "--email-domain=*", ...flags],
    files: { "alpha.yaml": JSON.stringify(alpha) },
    port,
    ready: () => fetch(`http://127.0.0.1:${port}/ping`),
  });
}

async function spawnIn({
  args,
  files,
  port,
  ready,
}: {
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly port: number;
  /** Rejects until it listens. */
  readonly ready: () => Promise<unknown>;
}): Promise<DropIn> {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  const running = spawnGatehouse(["oauth2-proxy", ...args], { cwd: folder.path });
  let hasEnded = false;
  void running.exited.then(() => (hasEnded = true));
  await until("an answer", () => {
    if (hasEnded) throw new Error(running.output());
    return ready().catch(() => undefined);
  });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    process: running,
    async stop() {
      const status = await running.end();
      folder.remove();
      return status;
    },
  };
}

export interface Plain {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Ask with exactly these header lines and exactly this target; nothing is normalised on the way. */
export async function askRaw(
  port: number,
  target: string,
  lines: readonly string[] = [],
  method = "GET",
): Promise<Plain> {
  const head = [`${method} ${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...lines, "Connection: close"];
  const { text } = await sendRaw(port, `${head.join("\r\n")}\r\n\r\n`);
  const [start = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...fields] = start.split("\r\n");
  const headers = new Headers(
    fields.map((line): [string, string] => [
      line.slice(0, line.indexOf(":")),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  return { status: Number(first.split(" ")[1] ?? 0), headers, body: rest.join("\r\n\r\n") };
}

/** Ask as a program does that follows nothing. */
export function ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(url, { headers, redirect: "manual" });
}

/** `Cookie` header of a browser for the door. */
export function cookiesOf(browser: Browser, door: Pick<Door, "url">): string {
  return browser.cookieHeader(new URL(door.url));
}

/** Is whoever sends these cookies signed in? */
export async function isSignedIn(door: Pick<Door, "url">, cookie: string): Promise<boolean> {
  return (await ask(`${door.url}/oauth2/auth`, { cookie })).status === 202;
}
