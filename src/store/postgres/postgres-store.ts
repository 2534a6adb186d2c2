import type { Store } from "../ports.ts";
import type { SqlServer } from "../sql/server-driver.ts";
import { openServerStore, type ServerStoreDeps } from "../sql/server-store.ts";
import { POSTGRES_DRIVER } from "./postgres-driver.ts";

/**
 * The store on PostgreSQL, in dex's own tables with ours beside them. A database that dex wrote (v2.45.1 or newer) is
 * taken over in place, forward only; dex may go on beside us.
 *
 * Never throws: connections are opened when they are needed.
 */
export function openPostgresStore(deps: ServerStoreDeps, server: SqlServer): Store {
  return openServerStore(deps, POSTGRES_DRIVER, server);
}
