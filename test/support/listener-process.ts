import { serveListener, type Listener } from "../../src/runtime/serve-listener.ts";
import { createLog } from "../../src/telemetry/create-log.ts";

/**
 * A process that listens as its first argument says (a `Listener` in JSON), prints `listening URL`, answers who asked, and ends
 * gracefully at SIGTERM. `/slow` takes a moment.
 */
const listener = JSON.parse(process.argv[2] ?? "") as Listener;
const server = await serveListener(listener, {
  log: createLog({ format: "json", level: "info", write: (line) => process.stdout.write(`${line}\n`) }),
  handler: async (request, peer) => {
    if (request.url.endsWith("/slow")) {
      process.stdout.write("in flight\n");
      await Bun.sleep(300);
    }
    return new Response(`peer=${peer.address()} secure=${peer.secure ?? false} pid=${process.pid}`);
  },
}).catch((error: unknown) => {
  process.stdout.write(`${String(error)}\n`);
  process.exit(1);
});
process.stdout.write(`listening ${server.url}\n`);
process.once("SIGTERM", () => {
  void server.stop(10).then(() => process.exit(0));
});
