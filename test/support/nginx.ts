import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "./gatehouse.ts";

const MODULE = "/usr/lib/nginx/modules/ngx_http_set_misc_module.so";

/** Is a real nginx with the module that ingress-nginx uses for escaping on this machine? */
export function nginxIsAvailable(): boolean {
  return Bun.which("nginx") !== null && existsSync(MODULE);
}

/** Run a real nginx with this configuration, its data in a temporary folder. */
export function startNginx(configuration: string): { stop(): Promise<void> } {
  const folder = temporaryFolder();
  writeFileSync(join(folder.path, "nginx.conf"), configuration);
  const child = Bun.spawn(["nginx", "-p", folder.path, "-c", "nginx.conf"], { stdout: "ignore", stderr: "ignore" });
  return {
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      folder.remove();
    },
  };
}
