import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

import type { LogFileConfiguration } from "./channel-entries.ts";
import { oldName, tidyOldFiles } from "./old-log-files.ts";

export interface LogFileDeps {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Told when a file cannot be written, renamed, compressed or deleted; the program goes on. */
  readonly complain: (message: string) => void;
}

/**
 * A log file that becomes an old one when the next lines would make it too long. It and its old ones are for the owner's eyes only.
 *
 * @returns writes whole lines, at once.
 * @throws {Error} when the file cannot be opened: the process then does not start.
 */
export function createLogFile(
  deps: LogFileDeps,
  configuration: LogFileConfiguration,
  localTime: boolean,
): (lines: string) => void {
  const { path } = configuration;
  const maxBytes = (configuration.maxMegabytes || DEFAULT_MEGABYTES) * 1024 * 1024;
  let file = openFirst(path);
  const tidy = (): void => {
    void tidyOldFiles(configuration, deps.clock(), localTime).catch((error: unknown) => {
      deps.complain(`cannot tidy the old log files of ${path}: ${String(error)}`);
    });
  };
  const rotate = (): void => {
    closeSync(file.descriptor);
    // Two in the same millisecond: the second takes the next free one, so that none is written over.
    let stamp = deps.clock();
    while (existsSync(oldName(path, stamp, localTime))) stamp += 1;
    renameSync(path, oldName(path, stamp, localTime));
    file = open(path);
    tidy();
  };
  tidy();
  return (lines) => {
    const bytes = Buffer.from(lines);
    try {
      if (file.size > 0 && file.size + bytes.length > maxBytes) rotate();
      writeSync(file.descriptor, bytes);
      file.size += bytes.length;
    } catch (error) {
      deps.complain(`cannot write the log file ${path}: ${String(error)}`);
    }
  };
}

const DEFAULT_MEGABYTES = 100;

interface OpenFile {
  readonly descriptor: number;
  size: number;
}

function openFirst(path: string): OpenFile {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return open(path);
  } catch (cause) {
    throw new Error(`logging-filename: unable to write to log file: ${path}; the folder must exist and be writable`, {
      cause,
    });
  }
}

function open(path: string): OpenFile {
  const descriptor = openSync(path, "a", 0o600);
  return { descriptor, size: fstatSync(descriptor).size };
}
