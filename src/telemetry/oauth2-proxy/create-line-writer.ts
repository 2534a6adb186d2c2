/** How long a line may wait for company before it is written. */
const FLUSH_MILLISECONDS = 20;

/** More waits for nobody. */
const MAX_WAITING = 64 * 1024;

export interface LineWriter {
  /** @param line without its newline. */
  write(line: string): void;
  /** Write what waits. */
  flush(): void;
}

/** Lines that come close together share one write; what waits when the process ends is written then. */
export function createLineWriter(write: (lines: string) => void): LineWriter {
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === "") return;
    const lines = waiting;
    waiting = "";
    write(lines);
  };
  process.once("exit", flush);
  return {
    write(line) {
      waiting += `${line}\n`;
      if (waiting.length > MAX_WAITING) flush();
      else {
        timer ??= setTimeout(flush, FLUSH_MILLISECONDS);
        timer.unref();
      }
    },
    flush,
  };
}
