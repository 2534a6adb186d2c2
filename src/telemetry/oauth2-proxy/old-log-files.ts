import { createReadStream, createWriteStream, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

import type { LogFileConfiguration } from "./channel-entries.ts";

const DAY = 86_400_000;

/** `access.log` of that time: `access-2026-01-02T03-04-05.678.log`. */
export function oldName(path: string, milliseconds: number, localTime: boolean): string {
  const extension = extname(path);
  const shifted = localTime ? milliseconds - new Date(milliseconds).getTimezoneOffset() * 60_000 : milliseconds;
  const stamp = new Date(shifted).toISOString().slice(0, -1).replaceAll(":", "-");
  return join(dirname(path), `${basename(path, extension)}-${stamp}${extension}`);
}

/** Delete the old files that are too many or too old, then compress those that stay, if that is wanted. */
export async function tidyOldFiles(
  configuration: LogFileConfiguration,
  now: number,
  localTime: boolean,
): Promise<void> {
  const { path, maxAgeDays, maxBackups, compress } = configuration;
  const oldest = maxAgeDays > 0 ? oldName(path, now - maxAgeDays * DAY, localTime) : "";
  const files = oldFiles(path);
  const kept = files.filter((file, index) => (maxBackups === 0 || index < maxBackups) && file >= basename(oldest));
  for (const file of files) {
    if (!kept.includes(file)) rmSync(join(dirname(path), file), { force: true });
  }
  if (!compress) return;
  for (const file of kept.filter((name) => !name.endsWith(".gz"))) await compressFile(join(dirname(path), file));
}

/** The newest first: the stamp in the name orders them. */
function oldFiles(path: string): readonly string[] {
  const extension = extname(path);
  const prefix = `${basename(path, extension)}-`;
  return readdirSync(dirname(path))
    .filter((file) => file.startsWith(prefix) && STAMP.test(file.slice(prefix.length)))
    .filter((file) => file.replace(/\.gz$/, "").endsWith(extension))
    .sort()
    .reverse();
}

const STAMP = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}(?:\.|$)/;

/** Under its final name only when it is complete. */
async function compressFile(path: string): Promise<void> {
  const unfinished = `${path}.gz.part`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode: 0o600 }));
  renameSync(unfinished, `${path}.gz`);
  rmSync(path, { force: true });
}
