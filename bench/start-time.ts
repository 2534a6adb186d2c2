import { connect } from "node:net";

/** How often a program is started; the median counts. */
const STARTS = 9;

/** Milliseconds from starting a program to the first byte of its first answer, several times. */
export async function startTimes(
  command: readonly string[],
  options: { readonly cwd: string; readonly port: number; readonly path: string },
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let count = 0; count <= STARTS; count += 1) {
    const begin = performance.now();
    const child = Bun.spawn([...command], { cwd: options.cwd, stdout: "ignore", stderr: "inherit" });
    while (!(await answers(options))) await Bun.sleep(0.5);
    // The first start makes the data folder, and is not counted.
    if (count > 0) times.push(performance.now() - begin);
    child.kill("SIGTERM");
    await child.exited;
  }
  return times;
}

function answers({ port, path }: { readonly port: number; readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: bench.localhost\r\n\r\n`),
    );
    socket.on("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
