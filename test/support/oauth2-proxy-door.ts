import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Browser } from "./browser.ts";
import { COOKIE_SECRET, type DropIn, dropInFlags, startDropIn } from "./drop-in.ts";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "./fake-provider.ts";
import { freePort, spawnGatehouse, temporaryFolder, untilAnswering } from "./gatehouse.ts";
import { sendRaw } from "./raw-http.ts";

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
  /** File name → text, in the working directory. */
  readonly files?: Readonly<Record<string, string>>;
  /** Default: the application, which answers everything with 200 and echoes WebSocket messages. */
  readonly upstream?: string;
  /** Paths are matched and passed on as they were sent: `proxyRawPath` of the structured configuration. */
  readonly rawPath?: boolean;
}

export async function startDoor(flags: readonly string[] = [], options: DoorOptions = {}): Promise<Door> {
  const seen: Seen[] = [];
  const provider = await startFakeProvider(options.provider);
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
  const running = await (options.rawPath === true
    ? startRawPath(provider, upstream, flags)
    : startDropIn(
        [...dropInFlags(provider), `--upstream=${upstream}`, ...flags],
        options.files === undefined ? {} : { files: options.files },
      ));
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
      await Promise.all([app.stop(true), provider.stop()]);
    },
  };
}

/** With the structured configuration, which has more options than the flags. JSON is YAML. */
async function startRawPath(provider: FakeProvider, upstream: string, flags: readonly string[]): Promise<DropIn> {
  const folder = temporaryFolder();
  const port = await freePort();
  const alpha = {
    server: { bindAddress: `127.0.0.1:${port}` },
    upstreamConfig: { proxyRawPath: true, upstreams: [{ id: "app", path: "/", uri: upstream }] },
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
  writeFileSync(join(folder.path, "alpha.yaml"), JSON.stringify(alpha));
  const fixed = ["--alpha-config=alpha.yaml", `--cookie-secret=${COOKIE_SECRET}`, "--email-domain=*"];
  const running = spawnGatehouse(["oauth2-proxy", ...fixed, ...flags], { cwd: folder.path });
  await untilAnswering(`http://127.0.0.1:${port}/ping`, running);
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
