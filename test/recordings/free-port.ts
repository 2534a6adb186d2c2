import { createServer } from "node:net";

/**
 * A free port of 127.0.0.1 that no outgoing connection takes meanwhile: below the range from which the system chooses, and
 * always of five digits, so that lengths are the same in every run.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
