import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { FakeProvider } from "./fake-provider.ts";
import { freePort, type GatehouseProcess, spawnGatehouse, temporaryFolder, untilAnswering } from "./gatehouse.ts";

/** 32 bytes: the sessions of every program that is started with it open in every other. */
export const COOKIE_SECRET = "0123456789abcdef0123456789abcdef";

export interface DropIn {
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly process: GatehouseProcess;
  /** @returns how it ended. */
  stop(): Promise<number | string>;
}

export interface DropInOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Another program that takes the same flags: the original's executable. Default: ours. */
  readonly executable?: string;
  /** File name → text, put into its working directory. */
  readonly files?: Readonly<Record<string, string>>;
}

/** `gatehouse oauth2-proxy` in its own process, answering on the loopback. */
export async function startDropIn(flags: readonly string[], options: DropInOptions = {}): Promise<DropIn> {
  const port = options.port ?? (await freePort());
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder.path, name), text);
  const all = [`--http-address=127.0.0.1:${port}`, ...flags];
  const running =
    options.executable === undefined
      ? spawnGatehouse(["oauth2-proxy", ...all], { cwd: folder.path })
      : spawnGatehouse(all, { cwd: folder.path, launcher: options.executable });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswering(`${url}/ping`, running);
  return {
    port,
    url,
    process: running,
    async stop() {
      const status = await running.end();
      folder.remove();
      return status;
    },
  };
}

/** What a start needs besides an address: a provider, everybody let in, no TLS. */
export function dropInFlags(provider: Pick<FakeProvider, "issuer" | "clientId" | "clientSecret">): readonly string[] {
  return [
    "--provider=oidc",
    `--oidc-issuer-url=${provider.issuer}`,
    `--client-id=${provider.clientId}`,
    `--client-secret=${provider.clientSecret}`,
    `--cookie-secret=${COOKIE_SECRET}`,
    "--cookie-secure=false",
    "--email-domain=*",
  ];
}
