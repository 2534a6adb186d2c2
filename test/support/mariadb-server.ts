import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { untilAnswering, writeTlsFiles, type DatabaseServer, type DatabaseServerOptions } from "./database-server.ts";
import { freePort } from "./gatehouse.ts";
import { needs } from "./needs.ts";
import { asOwnUser, runToEnd } from "./own-user.ts";

const DAEMON = Bun.which("mariadbd") ?? Bun.which("mariadbd", { PATH: "/usr/sbin" });
export const HAS_MARIADB = needs("mariadb-server", DAEMON !== null && Bun.which("mariadb-install-db") !== null);

const USER = "gatehouse";
const PASSWORD = 'p@ss"w\\ord';
const DATABASE = "gatehouse";

/** A MariaDB server that asks for the password, on TCP and on its socket. */
export async function startMariadb(options: DatabaseServerOptions = {}): Promise<DatabaseServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-mariadb-"));
  const [data, socket, initial] = [join(folder, "data"), join(folder, "mariadb.sock"), join(folder, "initial.sql")];
  writeFileSync(initial, INITIAL_SQL);
  const tlsFiles = writeTlsFiles(folder, options);
  const owner = asOwnUser("mysql", [folder, initial, ...tlsFiles]);
  const init = ["mariadb-install-db", "--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"];
  const place = [`--datadir=${data}`, "--innodb-log-file-size=4M"];
  await runToEnd([...owner, ...init, ...place], { cwd: folder });
  const tls = tlsFiles.length === 0 ? [] : [`--ssl-cert=${tlsFiles[0]}`, `--ssl-key=${tlsFiles[1]}`];
  const listen = [
    "--bind-address=127.0.0.1",
    `--port=${port}`,
    `--socket=${socket}`,
    `--pid-file=${folder}/pid`,
    `--init-file=${initial}`,
  ];
  const command = [...owner, DAEMON ?? "", "--no-defaults", ...place, ...listen, ...SETTINGS, ...tls];
  const spawn = () => Bun.spawn(command, { cwd: folder, stdout: "ignore", stderr: "ignore" });
  const sql = (statements: string, database = DATABASE): Promise<string> =>
    runToEnd(["env", `MYSQL_PWD=${PASSWORD}`, ...CLIENT, `--socket=${socket}`, database, "-e", statements], {
      cwd: folder,
    });
  let child = spawn();
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await child.exited;
  };
  await untilAnswering("MariaDB", () => sql("SELECT 1"));
  return {
    host: "127.0.0.1",
    port,
    user: USER,
    password: PASSWORD,
    database: DATABASE,
    socket,
    sql,
    async createDatabase(name) {
      await sql(`CREATE DATABASE ${name}`);
      return name;
    },
    kill: end,
    async restart() {
      child = spawn();
      await untilAnswering("MariaDB", () => sql("SELECT 1"));
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Run at every start; one statement a line. */
const INITIAL_SQL = `CREATE DATABASE IF NOT EXISTS ${DATABASE};
CREATE USER IF NOT EXISTS ${USER}@'%' IDENTIFIED BY 'p@ss"w\\\\ord';
GRANT ALL ON *.* TO ${USER}@'%' WITH GRANT OPTION;
`;

/** What was answered survives the end of the process only. Not UTC, so that a time in the server's zone is noticed. */
const SETTINGS = [
  "--character-set-server=utf8mb4",
  "--default-time-zone=+09:00",
  "--innodb-flush-log-at-trx-commit=2",
  "--innodb-buffer-pool-size=16M",
  "--performance-schema=off",
];

const CLIENT = ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--binary-as-hex", `--user=${USER}`];
