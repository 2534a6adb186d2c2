import type { Clock } from "../../protocol/clock.ts";
import type { Leases } from "../ports.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

const ACQUIRE =
  "INSERT INTO gatehouse_lease (name, holder, expires_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE " +
  "SET holder = excluded.holder, expires_at = excluded.expires_at " +
  "WHERE gatehouse_lease.holder = excluded.holder OR gatehouse_lease.expires_at <= ?";
const RELEASE = "DELETE FROM gatehouse_lease WHERE name = ? AND holder = ?";

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
