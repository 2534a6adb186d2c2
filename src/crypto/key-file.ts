import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const KEY_BYTES = 32;

/** The generated keys of an installation could not be read or made. */
export class KeyFileError extends Error {}

/**
 * The key ring's keys from a file, one base64 text a line, the first one seals. The file is made, readable by its owner only,
 * when it does not exist.
 *
 * @throws {KeyFileError} naming the file when it cannot be read, cannot be made, or does not hold keys. It is never overwritten.
 */
export function loadKeyFile(file: string): readonly Uint8Array[] {
  const text = readKeyFile(file) ?? createKeyFile(file);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const keys = lines.map((line) => Buffer.from(line.trim(), "base64"));
  if (keys.length === 0 || keys.some((key) => key.length !== KEY_BYTES)) {
    throw new KeyFileError(
      `${file} does not hold ${KEY_BYTES}-byte keys in base64, one a line. Restore it from a backup.`,
    );
  }
  return keys;
}

/** A key that lives as long as this process. */
export function createKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

function readKeyFile(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new KeyFileError(`${file} cannot be read: ${String(error)}`);
  }
}

/** `wx`: of two processes that start at once, one makes the file and the other reads it. */
function createKeyFile(file: string): string {
  const text = `${randomBytes(KEY_BYTES).toString("base64")}\n`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
    return text;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return readFileSync(file, "utf8");
    throw new KeyFileError(`${file} cannot be made: ${String(error)}`);
  }
}
