import { afterEach, describe, expect, test } from "bun:test";
import { join } from "node:path";

import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import type { Store } from "../../src/store/ports.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { createMetrics } from "../../src/telemetry/create-metrics.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { temporaryFolder } from "../support/gatehouse.ts";
import {
  type JsonAnswer,
  type ProviderServerOptions,
  KILGORE,
  codeFrom,
  movableClock,
  post,
  redeem,
  redirectConnector,
  refresh,
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

function openSqlite(file: string): Store {
  const log = createLog({ format: "json", level: "error", write: () => undefined });
  const store = openSqliteStore({ log, metrics: createMetrics() }, file);
  cleanups.push(() => store.close());
  return store;
}

function temporaryFile(): string {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  return join(folder.path, "gatehouse.db");
}

/** Two replicas' views of one store. */
const STORES: readonly (readonly [string, () => readonly [Store, Store]])[] = [
  [
    "memory",
    () => {
      const store = createMemoryStore();
      return [store, store];
    },
  ],
  [
    "one SQLite file",
    () => {
      const file = temporaryFile();
      return [openSqlite(file), openSqlite(file)];
    },
  ],
];

const NO_OVERLAP = { rotate: true, reuseIntervalSeconds: 0, absoluteLifetimeSeconds: 0, idleLifetimeSeconds: 0 };
const times = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const succeeded = (answers: readonly JsonAnswer[]): readonly JsonAnswer[] =>
  answers.filter(({ status }) => status === 200);

describe.each(STORES)("two replicas on %s", (_name, open) => {
  test("twenty parallel redemptions of one code issue tokens once, and end them", async () => {
    const [one, two] = open();
    const [left, right] = [start({ store: one }), start({ store: two })];
    const code = await codeFrom(left);
    const answers = await Promise.all(times(20).map((index) => redeem(index % 2 === 0 ? left : right, code)));
    const [first, ...more] = succeeded(answers);
    expect(more).toEqual([]);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.map(({ body }) => body["error"])).toEqual(times(refused.length).map(() => "invalid_grant"));
    expect(refused.length).toBeGreaterThanOrEqual(19);
    if (first !== undefined) expect((await refresh(left, first.body["refresh_token"])).status).toBe(400);
    expect(await one.refreshTokens.list()).toEqual([]);
  });

  test("twenty parallel refreshes lead to one current token", async () => {
    const [one, two] = open();
    const clock = movableClock();
    const [left, right] = [start({ store: one, clock: clock.now }), start({ store: two, clock: clock.now })];
    const { body } = await redeem(left, await codeFrom(left));
    const token = body["refresh_token"];
    clock.move(10);
    const answers = await Promise.all(times(20).map((index) => refresh(index % 2 === 0 ? left : right, token)));
    expect(answers.map(({ status }) => status)).toEqual(times(20).map(() => 200));
    const issued = new Set(answers.map((answer) => answer.body["refresh_token"]));
    expect(issued.size).toBe(1);
    expect(issued.has(token)).toBe(false);
  });

  test("without an overlap, one of twenty parallel refreshes wins, and its token goes on working", async () => {
    const [one, two] = open();
    const settings = { refresh: NO_OVERLAP };
    const [left, right] = [start({ store: one, settings }), start({ store: two, settings })];
    const { body } = await redeem(left, await codeFrom(left));
    const token = body["refresh_token"];
    const answers = await Promise.all(times(20).map((index) => refresh(index % 2 === 0 ? left : right, token)));
    const [winner, ...more] = succeeded(answers);
    expect(more).toEqual([]);
    expect((await refresh(right, winner?.body["refresh_token"])).status).toBe(200);
  });

  test("a connector may use the store while it renews an identity: nothing is held meanwhile", async () => {
    const [one, two] = open();
    const connector = redirectConnector(async (login) => {
      await two.offlineSessions.list();
      await one.clients.list();
      await one.passwords.create({
        email: `${crypto.randomUUID()}@example.com`,
        hash: "",
        username: "",
        name: "",
        preferredUsername: "",
        userId: "u",
        groups: [],
      });
      return { ...login, identity: { ...KILGORE.identity, groups: ["editors"] } };
    });
    const issuer = start({ store: one, connector, settings: { refresh: NO_OVERLAP } });
    let { body } = await redeem(issuer, await codeFrom(issuer));
    for (const _ of times(3)) {
      const answer = await refresh(issuer, body["refresh_token"]);
      expect(answer.status).toBe(200);
      ({ body } = answer);
    }
    expect((await one.refreshTokens.list()).map(({ claims }) => claims.groups)).toEqual([["editors"]]);
    expect(await one.passwords.list()).toHaveLength(3);
  });
});

test("a code replayed while its redemption is under way leaves no refresh token behind", async () => {
  const store = createMemoryStore();
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const { promise: waiting, resolve: isWaiting } = Promise.withResolvers<void>();
  const refreshTokens = Object.assign(Object.create(store.refreshTokens), {
    create: async (value: Parameters<typeof store.refreshTokens.create>[0]) => {
      isWaiting();
      await gate;
      return store.refreshTokens.create(value);
    },
  });
  const issuer = start({ store: { ...store, refreshTokens } });
  const code = await codeFrom(issuer);
  const first = redeem(issuer, code);
  await waiting;
  expect((await redeem(issuer, code)).body["error"]).toBe("invalid_grant");
  open();
  expect((await first).body).toEqual({
    error: "invalid_grant",
    error_description: "Invalid or expired code parameter.",
  });
  expect(await store.refreshTokens.list()).toEqual([]);
});

describe("an old refresh token", () => {
  const settings = { refresh: NO_OVERLAP };
  const INVALID = "Refresh token is invalid or has already been claimed by another client.";

  async function rotated(issuer: string): Promise<readonly [unknown, unknown]> {
    const first = (await redeem(issuer, await codeFrom(issuer))).body["refresh_token"];
    return [first, (await refresh(issuer, first)).body["refresh_token"]];
  }

  test("is refused in dex's words; right after the rotation, as a second try, its family lives; later it ends", async () => {
    const clock = movableClock();
    const issuer = start({ store: createMemoryStore(), clock: clock.now, settings });
    const [old, current] = await rotated(issuer);
    const body = { error: "invalid_request", error_description: INVALID };
    expect(await refresh(issuer, old)).toEqual({ status: 400, body });
    const next = await refresh(issuer, current);
    expect(next.status).toBe(200);
    clock.move(31);
    expect(await refresh(issuer, current)).toEqual({ status: 400, body });
    expect((await refresh(issuer, next.body["refresh_token"])).status).toBe(400);
  });

  test("ends its family in the native dialect", async () => {
    const issuer = start({ store: createMemoryStore(), dialect: "native", settings });
    const [old, current] = await rotated(issuer);
    expect((await refresh(issuer, old)).body["error"]).toBe("invalid_grant");
    expect((await refresh(issuer, current)).body["error"]).toBe("invalid_grant");
  });
});

test("a refresh token without an end is not introspected as ended, except in dex's words", async () => {
  const introspectedIn = async (dialect: "native" | "dex"): Promise<JsonAnswer["body"]> => {
    const issuer = start({ store: createMemoryStore(), dialect });
    const { body } = await redeem(issuer, await codeFrom(issuer));
    return (await post(issuer, "/token/introspect", { token: String(body["refresh_token"]) })).body;
  };
  const [native, dex] = [await introspectedIn("native"), await introspectedIn("dex")];
  expect([native["active"], native["exp"]]).toEqual([true, undefined]);
  expect([dex["active"], dex["exp"]]).toEqual([true, dex["iat"]]);
});
