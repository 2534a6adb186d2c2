import { DEX_MIGRATIONS } from "./dex-schema.ts";
import { GATEHOUSE_MIGRATIONS } from "./gatehouse-schema.ts";
import { schemaSteps } from "./schema-step.ts";
import type { SqlConnection, SqlServerDriver } from "./server-driver.ts";

/** How far one schema was brought: the number of its last step before and after. */
export interface Migrated {
  readonly table: string;
  readonly from: number;
  readonly to: number;
}

const SCHEMAS = [
  { table: "migrations", steps: DEX_MIGRATIONS },
  { table: "gatehouse_migrations", steps: GATEHOUSE_MIGRATIONS },
];

/** Dex's other (ent) storage keeps its objects in tables of other names. */
const ENT_TABLE = "oauth2clients";

/**
 * Bring a server's database to the newest schema, dex's and ours, forward only and in place. Several replicas may start
 * at once. A database that is ahead of us is left as it is.
 *
 * @returns the schemas that were changed; usually none.
 * @throws {Error} the driver's, or when the database belongs to dex's ent storage: starting beside its tables would look
 *   as if everything was lost.
 */
export async function bringSchemaForward(
  driver: SqlServerDriver,
  connection: SqlConnection,
): Promise<readonly Migrated[]> {
  const tables = new Set((await connection.query(driver.listTables)).rows.map((row) => String(row["name"])));
  if (tables.has(ENT_TABLE) && !tables.has("migrations")) {
    throw new Error("this database was written by dex's ent storage (DEX_ENT_ENABLED), which cannot be read");
  }
  const isBehind = await Promise.all(
    SCHEMAS.map(async ({ table, steps }) => {
      const last = tables.has(table) ? await lastStep(connection, table) : 0;
      return last < schemaSteps(steps, driver.flavour).length;
    }),
  );
  if (!isBehind.includes(true)) return [];
  return driver.withSchemaLock(connection, async () => {
    const migrated: Migrated[] = [];
    for (const { table, steps } of SCHEMAS) {
      const own = schemaSteps(
        [[`CREATE TABLE IF NOT EXISTS ${table} (num integer not null, at timestamptz not null)`], ...steps],
        driver.flavour,
      );
      migrated.push(await takeSteps(driver, connection, table, own));
    }
    return migrated.filter(({ from, to }) => to > from);
  });
}

/** @param steps the first one makes the table that counts them. */
async function takeSteps(
  driver: SqlServerDriver,
  connection: SqlConnection,
  table: string,
  steps: readonly (readonly string[])[],
): Promise<Migrated> {
  for (const statement of steps[0] ?? []) await connection.query(statement);
  const from = await lastStep(connection, table);
  for (let number = from + 1; number < steps.length; number += 1) {
    for (const statement of steps[number] ?? []) await takeStatement(driver, connection, statement);
    await connection.query(`INSERT INTO ${table} (num, at) VALUES (${number}, now())`);
  }
  return { table, from, to: Math.max(from, steps.length - 1) };
}

async function takeStatement(driver: SqlServerDriver, connection: SqlConnection, statement: string): Promise<void> {
  try {
    await connection.query(statement);
  } catch (error) {
    if (!driver.isTakenStep(error)) throw error;
  }
}

async function lastStep(connection: SqlConnection, table: string): Promise<number> {
  const { rows } = await connection.query(`SELECT max(num) AS last FROM ${table}`);
  return Number(rows[0]?.["last"] ?? 0);
}
