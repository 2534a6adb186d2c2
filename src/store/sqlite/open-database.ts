import { closeSync, openSync, statSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";

import { migrate, type Migrated } from "./migrate.ts";

/** An open database with its statements, each prepared once. */
export interface Connection {
  readonly db: DatabaseSync;
  prepare(sql: string): StatementSync;
  /** Which file this is, whatever its name says now; undefined in memory. */
  readonly identity: string | undefined;
  readonly migrated: readonly Migrated[];
}

/** In milliseconds. Short, because the driver waits with the event loop; longer waits are made outside of it. */
const BUSY_TIMEOUT = 10;

/** dex's name of a database without a file. */
const IN_MEMORY = ":memory:";

/**
 * Open a database file and bring it to the newest schema.
 *
 * Write-ahead logging, so that readers never wait for a writer, with `synchronous = NORMAL`: a transaction that was
 * answered survives the end of the process in any way, `kill -9` too. A power failure or a crash of the kernel can lose
 * the last moments, never more, and never damages the file.
 *
 * @param mayCreate make the file (mode 0600: it holds secrets) when it is missing. False once it was seen: a file that
 *   is gone or empty then was lost, and an empty one in its place would hide that.
 * @throws {Error} the driver's or the file system's; nothing stays open.
 */
export function openDatabase(file: string, mayCreate: boolean): Connection {
  if (file !== IN_MEMORY) prepareFile(file, mayCreate);
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
  try {
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = NORMAL");
    const migrated = migrate(db);
    const statements = new Map<string, StatementSync>();
    return { db, prepare: (sql) => prepareOnce(db, statements, sql), identity: fileIdentity(file), migrated };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Device and inode of a file; undefined in memory. @throws {Error} when there is no such file. */
export function fileIdentity(file: string): string | undefined {
  if (file === IN_MEMORY) return undefined;
  const { dev, ino } = statSync(file);
  return `${dev}:${ino}`;
}

function prepareFile(file: string, mayCreate: boolean): void {
  if (mayCreate) closeSync(openSync(file, "a", 0o600));
  else if (statSync(file).size === 0) throw new Error("the file is empty; it was not before");
}

function prepareOnce(db: DatabaseSync, statements: Map<string, StatementSync>, sql: string): StatementSync {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = db.prepare(sql);
  statements.set(sql, statement);
  return statement;
}
