import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { endProcess } from "./program.ts";

/** A directory of a scenario's own: OpenLDAP from Debian's package. */
export interface DirectoryServer {
  stop(): Promise<void>;
}

const SUFFIX = "dc=example,dc=org";
/** Debian puts the programs where only root looks. */
const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin`;

/** Is OpenLDAP there? */
export function isSlapdThere(): boolean {
  return Bun.which("slapd", { PATH }) !== null;
}

/** Start it with what an LDIF says; `cn=admin` with the password `admin` may do everything. Throws when it does not start. */
export async function startSlapd(folder: string, port: number, ldif: string): Promise<DirectoryServer> {
  const configuration = join(folder, "slapd.conf");
  const data = join(folder, "data.ldif");
  mkdirSync(join(folder, "db"), { recursive: true });
  writeFileSync(configuration, configurationFor(folder));
  writeFileSync(data, ldif);
  const env = { PATH };
  const added = spawnSync("slapadd", ["-f", configuration, "-l", data], { env, encoding: "utf8" });
  if (added.status !== 0) throw new Error(`slapadd: ${added.stderr}`);
  // -d keeps it in the foreground.
  const args = ["-f", configuration, "-h", `ldap://127.0.0.1:${port}`, "-d", "0"];
  const slapd = spawn("slapd", args, { env, stdio: "ignore" });
  await untilItListens(slapd, port);
  return { stop: () => endProcess(slapd) };
}

function configurationFor(folder: string): string {
  const schemas = ["core", "cosine", "inetorgperson", "nis"].map((name) => `include /etc/ldap/schema/${name}.schema`);
  return [
    ...schemas,
    "modulepath /usr/lib/ldap",
    "moduleload back_mdb",
    `pidfile ${folder}/slapd.pid`,
    "database mdb",
    `suffix "${SUFFIX}"`,
    `rootdn "cn=admin,${SUFFIX}"`,
    "rootpw admin",
    `directory ${folder}/db`,
    "maxsize 16777216",
    "",
  ].join("\n");
}

async function untilItListens(slapd: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isListening(port)) return;
    await Bun.sleep(50);
  }
  await endProcess(slapd);
  throw new Error("slapd did not start");
}

function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
