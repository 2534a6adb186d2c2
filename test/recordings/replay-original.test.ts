import { expect, test } from "bun:test";
import { join } from "node:path";
import { makeSigningKeys } from "./fake-provider/keys.ts";
import { isPossible, readRecordings } from "./recordings.ts";
import { replay } from "./replay.ts";
import { readSessions, replaySession, scenarioOf } from "./session-vectors.ts";
import { slots } from "./slots.ts";

/**
 * The original answers as it did when it was recorded, so the fakes and the comparison here are faithful. For whoever
 * changes them: `OAUTH2_PROXY` names its executable, without it this is skipped.
 */
const ORIGINAL = process.env["OAUTH2_PROXY"] ?? "";
const PATIENCE = 300_000;

const keys = makeSigningKeys();
const room = slots(4);

for (const scenario of readRecordings(join(import.meta.dir, "oauth2-proxy"))) {
  test.concurrent.skipIf(ORIGINAL === "" || !isPossible(scenario))(
    `the original: ${scenario.name}`,
    async () => {
      const report = await room.use((pause) => replay({ command: [ORIGINAL], keys, pause }, scenario, []));
      expect(report.failures).toEqual([]);
    },
    PATIENCE,
  );
}

for (const vector of readSessions(join(import.meta.dir, "oauth2-proxy-sessions.json"))) {
  test.concurrent.skipIf(ORIGINAL === "" || !isPossible(scenarioOf(vector)))(
    `the original with its own session: ${vector.name}`,
    async () => {
      const found = await room.use((pause) => replaySession({ command: [ORIGINAL], keys, pause }, vector));
      expect(found).toEqual([]);
    },
    PATIENCE,
  );
}
