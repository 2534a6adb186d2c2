import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { createMetrics } from "../../src/telemetry/create-metrics.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import {
  type ProviderServerOptions,
  codeFrom,
  movableClock,
  redeem,
  startProvider,
} from "../support/provider-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

function start(options: ProviderServerOptions): string {
  const server = startProvider(options);
  cleanups.push(server.stop);
  return server.issuer;
}

interface Jwk {
  readonly kid: string;
  readonly alg: string;
}

async function keysOf(issuer: string): Promise<readonly Jwk[]> {
  const { keys }: { readonly keys: readonly Jwk[] } = JSON.parse(await (await fetch(`${issuer}/keys`)).text());
  return keys;
}

async function userinfoStatus(issuer: string, token: unknown): Promise<number> {
  return (await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${String(token)}` } })).status;
}

describe("signing keys", () => {
  test.each(["RS256", "ES256"] as const)("two replicas that start at once agree on one %s key", async (algorithm) => {
    const folder = temporaryFolder();
    cleanups.push(folder.remove);
    const log = createLog({ format: "json", level: "error", write: () => undefined });
    const issuers = [0, 1].map(() => {
      const store = openSqliteStore({ log, metrics: createMetrics() }, join(folder.path, "gatehouse.db"));
      cleanups.push(() => store.close());
      return start({ store, settings: { signing: { type: "local", algorithm, rotationSeconds: 21_600 } } });
    });
    const [left = [], right = []] = await Promise.all(issuers.map(keysOf));
    expect(left).toEqual(right);
    expect(left.map(({ alg }) => alg)).toEqual([algorithm]);
  });

  test("rotate on time; the one before verifies until the last token it signed has ended", async () => {
    const clock = movableClock();
    const settings = {
      idTokenSeconds: 3600,
      signing: { type: "local", algorithm: "ES256", rotationSeconds: 600 },
    } as const;
    const issuer = start({ store: createMemoryStore(), clock: clock.now, settings });
    const [first] = await keysOf(issuer);
    const { body } = await redeem(issuer, await codeFrom(issuer));
    clock.move(601);
    const rotated = await keysOf(issuer);
    expect(rotated).toHaveLength(2);
    expect(rotated[0]?.kid).not.toBe(first?.kid ?? "");
    expect(rotated[1]?.kid).toBe(first?.kid ?? "");
    expect(await userinfoStatus(issuer, body["access_token"])).toBe(200);
    clock.move(3000);
    expect(await userinfoStatus(issuer, body["access_token"])).toBe(403);
    clock.move(1200);
    expect((await keysOf(issuer)).map(({ kid }) => kid)).not.toContain(first?.kid);
  });

  test("a token of a key that another replica just made is believed at once", async () => {
    const [clock, store] = [movableClock(), createMemoryStore()];
    const signing = { type: "local", algorithm: "ES256", rotationSeconds: 600 } as const;
    const settings = { signing, issuer: "http://provider.test/dex" };
    const [left, right] = [0, 1].map(() => startProvider({ store, clock: clock.now, settings }));
    for (const server of [left, right]) if (server !== undefined) cleanups.push(server.stop);
    const [one, two] = [left?.issuer ?? "", right?.issuer ?? ""];
    expect(await keysOf(one)).toEqual(await keysOf(two));
    const held = await store.keys.find();
    // The other replica rotates a moment later, and this one has not looked since.
    if (held !== undefined) await store.keys.replace(held, { ...held, nextRotation: 0 });
    clock.move(6);
    await keysOf(two);
    clock.move(-6);
    const { body } = await redeem(two, await codeFrom(two));
    expect(await userinfoStatus(one, body["access_token"])).toBe(200);
  });

  test("a store that is down at the start is no reason to end, and is asked again", async () => {
    const store = createMemoryStore();
    let down = true;
    const keys = {
      find: async () => {
        if (down) throw new StoreError("unreachable", "down");
        return store.keys.find();
      },
      replace: store.keys.replace.bind(store.keys),
    };
    const issuer = start({ store: { ...store, keys } });
    const answer = await fetch(`${issuer}/keys`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    down = false;
    expect(await keysOf(issuer)).toHaveLength(1);
  });
});
