import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "./gatehouse.ts";
import { needs } from "./needs.ts";
import { asOwnUser } from "./own-user.ts";
import { until } from "./until.ts";

const MODULES = "/usr/lib/apache2/modules";
const APACHE = Bun.which("apache2", { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` });
/** A real Apache with mod_auth_openidc, from Debian's packages. */
export const HAS_APACHE = needs(
  "apache2 with mod_auth_openidc",
  APACHE !== null && existsSync(`${MODULES}/mod_auth_openidc.so`),
);

const LOADED = ["mpm_event", "authn_core", "authz_core", "authz_user", "proxy", "proxy_http", "auth_openidc"];

export interface Apache {
  /** What it wrote into its error log. */
  log(): string;
  stop(): Promise<void>;
}

/** Start one with these virtual hosts; it runs in the foreground, in a temporary folder, and not as root. */
export async function startApache(port: number, virtualHosts: string): Promise<Apache> {
  const folder = temporaryFolder();
  const [file, errors] = [join(folder.path, "httpd.conf"), join(folder.path, "error.log")];
  const modules = LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`);
  const head = [`ServerRoot ${folder.path}`, "PidFile httpd.pid", `ErrorLog ${errors}`, "ServerName apache.localhost"];
  writeFileSync(file, [...head, `Listen 127.0.0.1:${port}`, ...modules, virtualHosts, ""].join("\n"));
  const command = [...asOwnUser("www-data", [folder.path]), APACHE ?? "", "-f", file, "-DFOREGROUND"];
  const child = Bun.spawn(command, { cwd: folder.path, stdout: "ignore", stderr: "pipe" });
  const log = (): string => (existsSync(errors) ? readFileSync(errors, "utf8") : "");
  await until("Apache to answer", async () => {
    if (child.exitCode !== null) throw new Error(`${await new Response(child.stderr).text()}${log()}`);
    return fetch(`http://127.0.0.1:${port}/`, { redirect: "manual" }).then(
      () => true,
      () => false,
    );
  });
  return {
    log,
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      folder.remove();
    },
  };
}
