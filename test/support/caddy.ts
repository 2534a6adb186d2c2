import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "./gatehouse.ts";

/** Run a real Caddy with these sites, without TLS and without its administration, its data in a temporary folder. */
export function startCaddy(sites: string): { stop(): Promise<void> } {
  const folder = temporaryFolder();
  writeFileSync(join(folder.path, "Caddyfile"), `{\n\tadmin off\n\tauto_https off\n}\n${sites}`);
  const child = Bun.spawn(["caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"], {
    cwd: folder.path,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder.path },
    stdout: "ignore",
    stderr: "ignore",
  });
  return {
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      folder.remove();
    },
  };
}
