import { expect, test } from "bun:test";
import { join } from "node:path";
import { makeSigningKeys } from "./fake-provider/keys.ts";
import { isPossible } from "./recordings.ts";
import { readSessions, replaySession, scenarioOf } from "./session-vectors.ts";
import { slots } from "./slots.ts";
import { testOriginal } from "./suite.ts";

/**
 * The originals answer as they did when they were recorded, so the fakes and the comparison here are faithful. For whoever
 * changes them: these name their executables, of dex the release and the development version; what has none is skipped.
 */
const { OAUTH2_PROXY, DEX_RELEASE, DEX_DEVELOPMENT } = process.env;
const PATIENCE = 300_000;

testOriginal("oauth2-proxy", () => OAUTH2_PROXY);
testOriginal("dex", ({ recorded_with: version = "" }) => (version.includes("v2.45") ? DEX_RELEASE : DEX_DEVELOPMENT));

const keys = makeSigningKeys();
const room = slots(4);

for (const vector of readSessions(join(import.meta.dir, "oauth2-proxy-sessions.json"))) {
  test.concurrent.skipIf(OAUTH2_PROXY === undefined || !isPossible(scenarioOf(vector)))(
    `oauth2-proxy itself with its own session: ${vector.name}`,
    async () => {
      const command = [OAUTH2_PROXY ?? ""] as const;
      const found = await room.use((pause) => replaySession({ command, keys, pause }, vector));
      expect(found).toEqual([]);
    },
    PATIENCE,
  );
}
