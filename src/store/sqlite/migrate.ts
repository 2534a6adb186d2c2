import type { DatabaseSync } from "node:sqlite";

import { DEX_MIGRATIONS } from "../sql/dex-schema.ts";
import { GATEHOUSE_MIGRATIONS } from "../sql/gatehouse-schema.ts";
import { schemaSteps } from "../sql/schema-step.ts";
import { SQLITE } from "./sqlite-flavour.ts";

/** How far one schema was brought: the number of its last step before and after. */
export interface Migrated {
  readonly table: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Bring a database to the newest schema, dex's and ours, forward only and in place: each step in its own transaction
 * that looks again which step is next, so that several replicas may start at once and a crash leaves a whole number
 * of steps. A database that is ahead of us is left as it is.
 *
 * @returns the schemas that were changed; usually none.
 * @throws {Error} the driver's, or when the file belongs to dex's other (ent) storage, which keeps its objects in
 *   other tables: starting beside them would look as if everything was lost.
 */
export function migrate(db: DatabaseSync): readonly Migrated[] {
  const tables = new Set(
    db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map((row) => row["name"]),
  );
  if (tables.has("oauth2clients") && !tables.has("migrations")) {
    throw new Error("this file was written by dex's ent storage (DEX_ENT_ENABLED), which cannot be read");
  }
  return [
    bringForward(db, "migrations", schemaSteps(DEX_MIGRATIONS, SQLITE)),
    bringForward(db, "gatehouse_migrations", schemaSteps(GATEHOUSE_MIGRATIONS, SQLITE)),
  ].filter((migrated) => migrated.to > migrated.from);
}

function bringForward(db: DatabaseSync, table: string, steps: readonly (readonly string[])[]): Migrated {
  db.exec(`CREATE TABLE IF NOT EXISTS ${table} (num integer not null, at timestamp not null)`);
  const from = lastStep(db, table);
  let reached = from;
  while (reached < steps.length) reached = takeNextStep(db, table, steps);
  return { table, from, to: reached };
}

function takeNextStep(db: DatabaseSync, table: string, steps: readonly (readonly string[])[]): number {
  db.exec("BEGIN IMMEDIATE");
  try {
    const last = lastStep(db, table);
    const statements = steps[last];
    if (statements !== undefined) {
      for (const statement of statements) db.exec(statement);
      db.prepare(`INSERT INTO ${table} (num, at) VALUES (?, date('now'))`).run(last + 1);
    }
    db.exec("COMMIT");
    return statements === undefined ? last : last + 1;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function lastStep(db: DatabaseSync, table: string): number {
  return Number(db.prepare(`SELECT max(num) AS last FROM ${table}`).get()?.["last"] ?? 0);
}
