/** More waits for nobody. */
const MAX_WAITING = 64 * 1024;

export interface LineWriter {
  /** @param line without its newline. */
  write(line: string): void;
  /** Write what waits. */
  flush(): void;
}

/** Lines of one turn share one write: whoever has an answer finds its line in the log. What waits when the process ends is written then. */
export function createLineWriter(write: (lines: string) => void): LineWriter {
  let waiting = "";
  let isScheduled = false;
  const flush = (): void => {
    isScheduled = false;
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
      else if (!isScheduled) {
        isScheduled = true;
        queueMicrotask(flush);
      }
    },
    flush,
  };
}
