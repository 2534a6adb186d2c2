import { statSync } from "node:fs";

/** A file that is read again when it has changed, also when a link on the way to it was moved, as Kubernetes does. */
export interface WatchedFile<T> {
  /** What was read last. */
  readonly current: T;
  close(): void;
}

export interface WatchedFileDeps<T> {
  /** Read and understand the file. What it throws leaves the last good content in place. */
  readonly read: (path: string) => T;
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** How often is looked. Notifications get lost on network volumes and with links. */
const PERIOD_MS = 1000;

/** @throws whatever `read` throws the first time. */
export function watchFile<T>(deps: WatchedFileDeps<T>, path: string): WatchedFile<T> {
  let current = deps.read(path);
  let seen = stampOf(path);
  const timer = setInterval(() => {
    const stamp = stampOf(path);
    if (stamp === seen) return;
    seen = stamp;
    try {
      current = deps.read(path);
      deps.onChange();
    } catch (error) {
      deps.onError(error);
    }
  }, PERIOD_MS);
  timer.unref();
  return {
    get current() {
      return current;
    },
    close: () => clearInterval(timer),
  };
}

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino}:${found.size}:${found.mtimeMs}`;
}
