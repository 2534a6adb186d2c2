import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { databaseAt, SERVER_STORES } from "../support/server-store.ts";
import { recordingLog } from "./store-recording-log.ts";
import { storeSuite } from "./store-suite.ts";

const TABLES =
  "client auth_request auth_code refresh_token offline_session password connector device_request device_token " +
  "gatehouse_personal_claims gatehouse_redeemed_code gatehouse_revoked_token gatehouse_session gatehouse_lease";

storeSuite("memory", async (clock) => {
  const store = createMemoryStore({ clock });
  return { store, close: () => store.close() };
});

storeSuite("sqlite", async (clock) => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-store-"));
  const file = join(folder, "gatehouse.db");
  const open = () => openSqliteStore({ log: recordingLog([]), clock }, file);
  const store = open();
  return {
    store,
    reopen: async () => open(),
    close: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

for (const kind of SERVER_STORES.filter(({ isThere }) => isThere)) {
  let server: ReturnType<typeof kind.start> | undefined;
  afterAll(async () => (await server)?.stop());

  storeSuite(
    kind.name,
    async (clock) => {
      server ??= kind.start();
      const started = await server;
      const open = () => kind.open({ log: recordingLog([]), clock }, databaseAt(started));
      const store = open();
      return {
        store,
        reopen: async () => open(),
        close: async () => {
          await store.close();
          const keys = kind.name === "mariadb" ? "`keys`" : "keys";
          await started.sql([...TABLES.split(" "), keys].map((table) => `DELETE FROM ${table};`).join(" "));
        },
      };
    },
    kind.name === "mariadb" ? { textEnd: 384, timeDigits: 3 } : { timeDigits: 6 },
  );
}
