import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { needs } from "../support/needs.ts";
import { makeSigningKeys } from "./fake-provider/keys.ts";
import { type SessionVector, replaySession } from "./session-vectors.ts";
import { slots } from "./slots.ts";

const LAUNCHER = join(import.meta.dir, "..", "..", "bin", "gatehouse");
/** Milliseconds, the wait for a free slot included. */
const PATIENCE = 120_000;

const vectors: readonly SessionVector[] = JSON.parse(
  readFileSync(join(import.meta.dir, "oauth2-proxy-sessions.json"), "utf8"),
);
const keys = makeSigningKeys();
const room = slots(4);
const hasRedis = Bun.which("redis-server") !== null;

for (const vector of vectors) {
  const isPossible = vector.store !== "redis" || needs("redis-server", hasRedis);
  test.concurrent.skipIf(!isPossible)(
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
