import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { recordingLog } from "./store-recording-log.ts";
import { storeSuite } from "./store-suite.ts";

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
