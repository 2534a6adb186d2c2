import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { type GatehouseProcess, spawnGatehouse, temporaryFolder, untilAnswering } from "./gatehouse.ts";
import { startNginx } from "./nginx.ts";

const FILES = join(import.meta.dir, "..", "exercise");

/** The exercise's arguments file, as `$(cat oauth2-proxy.args)` gives it. */
export const PROXY_ARGUMENTS = readFileSync(join(FILES, "oauth2-proxy.args"), "utf8").trim().split(/\s+/);

/**
 * The exercise on its own fixed ports, with its files unchanged: nginx, the provider, the proxy and the application, as four
 * processes.
 */
export async function startExercise(proxyArguments: readonly string[]): Promise<{ stop(): Promise<void> }> {
  const folder = temporaryFolder();
  for (const file of ["dex-config.yaml", "oauth2-proxy.cfg"]) copyFileSync(join(FILES, file), join(folder.path, file));
  const nginx = startNginx(readFileSync(join(FILES, "nginx-as-rendered.conf"), "utf8"));
  const running: GatehouseProcess[] = [];
  const start = async (args: readonly string[], url: string): Promise<void> => {
    const process = spawnGatehouse(args, { cwd: folder.path });
    running.push(process);
    await untilAnswering(url, process);
  };
  await start(["hello", "--listen", "127.0.0.1:8000"], "http://127.0.0.1:8000/");
  await start(["dex", "serve", "dex-config.yaml"], "http://127.0.0.1:5556/dex/healthz");
  await start(proxyArguments, "http://127.0.0.1:4180/ping");
  return {
    async stop() {
      await Promise.all(running.map((one) => one.end()));
      await nginx.stop();
      folder.remove();
    },
  };
}
