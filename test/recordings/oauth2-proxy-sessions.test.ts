import { expect, test } from "bun:test";
import { join } from "node:path";
import { makeSigningKeys } from "./fake-provider/keys.ts";
import { isPossible } from "./recordings.ts";
import { readSessions, replaySession, scenarioOf } from "./session-vectors.ts";
import { slots } from "./slots.ts";

const LAUNCHER = join(import.meta.dir, "..", "..", "bin", "gatehouse");
/** Milliseconds, the wait for a free slot included. */
const PATIENCE = 120_000;

const keys = makeSigningKeys();
const room = slots(4);

for (const vector of readSessions(join(import.meta.dir, "oauth2-proxy-sessions.json"))) {
  test.concurrent.skipIf(!isPossible(scenarioOf(vector)))(
    `a session of the original: ${vector.name}`,
    async () => {
      const found = await room.use((pause) =>
        replaySession({ command: [LAUNCHER, "oauth2-proxy"], keys, pause }, vector),
      );
      expect(found).toEqual([]);
    },
    PATIENCE,
  );
}
