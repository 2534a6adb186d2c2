import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { untilAnswering, writeTlsFiles, type DatabaseServer, type DatabaseServerOptions } from "./database-server.ts";
import { freePort } from "./gatehouse.ts";
import { needs } from "./needs.ts";
import { asOwnUser, runToEnd } from "./own-user.ts";

/** Debian keeps the server's programs out of the path. */
const PROGRAMS = newestPrograms();
export const HAS_POSTGRES = needs("postgresql", PROGRAMS !== undefined);

const USER = "gatehouse";
const PASSWORD = "p@ss'w\\ord";
const DATABASE = "gatehouse";

/** A PostgreSQL server that asks for the password (SCRAM), on TCP and on its socket. */
export async function startPostgres(options: DatabaseServerOptions = {}): Promise<DatabaseServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-postgres-"));
  const data = join(folder, "data");
  const program = (name: string): string => join(PROGRAMS ?? "", name);
  writeFileSync(join(folder, "password"), PASSWORD);
  const tlsFiles = writeTlsFiles(folder, options);
  const [certificate, key] = tlsFiles;
  const owner = asOwnUser("postgres", [folder, join(folder, "password"), ...tlsFiles]);
  const init = [program("initdb"), "-D", data, "-U", USER, "--pwfile", join(folder, "password"), "--no-sync"];
  await runToEnd([...owner, ...init, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"], { cwd: folder });
  const tls = certificate === undefined ? {} : { ssl: "on", ssl_cert_file: certificate, ssl_key_file: key };
  const settings = { ...SETTINGS, ...tls, port, unix_socket_directories: folder };
  const words = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const spawn = () =>
    Bun.spawn([...owner, program("postgres"), "-D", data, ...words], {
      cwd: folder,
      stdout: "ignore",
      stderr: "ignore",
    });
  const sql = (statements: string, database = DATABASE): Promise<string> =>
    runToEnd(["env", `PGPASSWORD=${PASSWORD}`, program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", folder,
      "-p", String(port), "-U", USER, "-d", database, "-c", statements], { cwd: folder }); // prettier-ignore
  let child = spawn();
  const end = async (): Promise<void> => {
    child.kill("SIGQUIT"); // ends at once and takes its children along; a killed postmaster would leave them behind
    await child.exited;
  };
  await untilAnswering("PostgreSQL", () => sql("SELECT 1", "postgres"));
  await sql(`CREATE DATABASE ${DATABASE}`, "postgres");
  return {
    host: "127.0.0.1",
    port,
    user: USER,
    password: PASSWORD,
    database: DATABASE,
    socket: folder,
    sql,
    async createDatabase(name) {
      await sql(`CREATE DATABASE ${name}`);
      return name;
    },
    kill: end,
    async restart() {
      child = spawn();
      await untilAnswering("PostgreSQL", () => sql("SELECT 1"));
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What was answered survives the end of the process, and need not survive a power failure. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  fsync: "off",
  full_page_writes: "off",
  shared_buffers: "16MB",
  timezone: "Asia/Tokyo", // not UTC, so that a time read without its zone is noticed
};

function newestPrograms(): string | undefined {
  try {
    const versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(b) - Number(a));
    return versions[0] === undefined ? undefined : join("/usr/lib/postgresql", versions[0], "bin");
  } catch {
    return undefined;
  }
}
