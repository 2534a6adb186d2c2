import type { Clock } from "../../protocol/clock.ts";
import type { Leases } from "../ports.ts";
import { acquireLeaseSql, releaseLeaseSql } from "../sql/lease-sql.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import { SQLITE } from "./sqlite-flavour.ts";

const ACQUIRE = acquireLeaseSql(SQLITE.placeholder);
const RELEASE = releaseLeaseSql(SQLITE.placeholder);

/** Leases as rows: one statement takes or keeps one, so exactly one holder wins. */
export function createSqliteLeases(database: SqliteDatabase, clock: Clock): Leases {
  const acquire = { name: "leases.acquire", writes: true };
  const release = { name: "leases.release", writes: true };
  return {
    acquire: (name, holder, ttlSeconds) =>
      database.run(acquire, ({ prepare }) => {
        const now = clock();
        return Number(prepare(ACQUIRE).run(name, holder, now + ttlSeconds, now).changes) === 1;
      }),
    release: (name, holder) =>
      database.run(release, ({ prepare }) => {
        prepare(RELEASE).run(name, holder);
      }),
  };
}
