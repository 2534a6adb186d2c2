import { writeSync } from "node:fs";

import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { recordingLog } from "./store-recording-log.ts";

/** A process of its own that removes what it finds in a store, one by one, and prints what it got: `bun store-redeemer.ts FILE`. */
const store = openSqliteStore({ log: recordingLog([]) }, process.argv[2] ?? "");
for (const token of await store.revokedTokens.list()) {
  if (await store.revokedTokens.remove(token)) writeSync(1, `${token.tokenId}\n`);
}
await store.close();
