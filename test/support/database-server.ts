import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { until } from "./until.ts";

/** A real database server of a test, on a free port of the loopback address, with its data in a temporary folder. */
export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** What to give as the host to reach it without the network: PostgreSQL's folder, MariaDB's socket. */
  readonly socket: string;
  /** Make one more database. @returns its name. */
  createDatabase(name: string): Promise<string>;
  /** Run SQL with the server's own client. @returns what it printed. */
  sql(statements: string, database?: string): Promise<string>;
  /** End it at once, as a crash would. */
  kill(): Promise<void>;
  /** Start it again on the same port, with the same data. */
  restart(): Promise<void>;
  /** End it and remove its data. */
  stop(): Promise<void>;
}

export interface DatabaseServerOptions {
  /** PEM texts; given = the server speaks TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Wait until a server answers a question that its client throws on while it does not. */
export async function untilAnswering(what: string, ask: () => Promise<unknown>): Promise<void> {
  await until(what, () =>
    ask().then(
      () => true,
      () => false,
    ),
  );
}

/** Put the files of TLS into a folder. @returns their paths; empty without TLS. */
export function writeTlsFiles(folder: string, { tls }: DatabaseServerOptions): readonly string[] {
  if (tls === undefined) return [];
  const [certificate, key] = [join(folder, "server.crt"), join(folder, "server.key")];
  writeFileSync(certificate, tls.certificate);
  writeFileSync(key, tls.key, { mode: 0o600 });
  return [certificate, key];
}
