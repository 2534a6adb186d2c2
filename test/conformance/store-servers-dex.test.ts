import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Store } from "../../src/store/ports.ts";
import type { SqlServer } from "../../src/store/sql/server-driver.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { databaseAt, query, SERVER_STORES, type ServerStoreKind } from "../support/server-store.ts";
import { expectAll, readExpected, removeAll, VECTORS } from "./dex-database.ts";
import { recordingLog } from "./store-recording-log.ts";

/** By store: what dex's released and development versions wrote, and the number of the last step of its schema. */
const DATABASES = {
  postgres: { old: "postgres-v2.45.1", newest: "postgres-master", last: 23 },
  mariadb: { old: "mysql-v2.45.1", newest: "mysql-master-sessions", last: 24 },
};

for (const kind of SERVER_STORES.filter(({ isThere }) => isThere)) {
  describe(kind.name, () => serverTests(kind));
}

function serverTests(kind: ServerStoreKind): void {
  const { old, newest, last } = DATABASES[kind.name];
  const groups = kind.driver.flavour.quote("groups");
  let server: DatabaseServer;
  const stores: Store[] = [];

  beforeAll(async () => {
    server = await kind.start();
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await server.stop();
  });

  const database = async (name: string, vector?: string): Promise<SqlServer> => {
    await server.createDatabase(name);
    if (vector !== undefined) await server.sql(readFileSync(join(VECTORS, vector, "dump.sql"), "utf8"), name);
    return databaseAt(server, { database: name });
  };
  const open = (at: SqlServer): { readonly store: Store; readonly lines: string[] } => {
    const lines: string[] = [];
    const store = kind.open({ log: recordingLog(lines) }, at);
    stores.push(store);
    return { store, lines };
  };

  test("a new database has dex's schema, its migrations and ours", async () => {
    const [made, dexs] = [await database("made"), await database("dexs", newest)];
    const { store, lines } = open(made);
    await store.ping();
    const place = `database=127.0.0.1:${server.port}/made`;
    expect(lines).toEqual([
      `info database schema brought forward ${place} table=migrations from=0 to=${last}`,
      `info database schema brought forward ${place} table=gatehouse_migrations from=0 to=2`,
    ]);
    expect(await columns(kind, made)).toEqual(await columns(kind, dexs));
    const numbers = await query(kind, made, "SELECT num FROM migrations ORDER BY num");
    expect(numbers.map((row) => Number(row["num"]))).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  });

  test("a database of v2.45.1 is brought forward, and holds what it held", async () => {
    const at = await database("forward", old);
    const { store } = open(at);
    await expectAll(store, readExpected(old));
    expect(await columns(kind, at)).toEqual(await columns(kind, databaseAt(server, { database: "dexs" })));
    const connector = await store.connectors.find("dynpw");
    expect(connector).toMatchObject({ type: "mockPassword", name: "Dynamic password", resourceVersion: "1" });
    expect(new TextDecoder().decode(connector?.config)).toBe('{"username":"dyn","password":"dyn-secret"}');
    expect(connector?.grantTypes).toEqual([]);
    expect((await store.connectors.list()).map(({ id }) => id)).toEqual(["dyn-oidc", "dynpw"]);
    expect(await store.deviceRequests.list()).not.toEqual([]);
    expect((await store.deviceTokens.list()).map(({ status }) => status)).toContain("authorization_pending");
  });

  test("a database of the development version holds what it held", async () => {
    const { store } = open(databaseAt(server, { database: "dexs" }));
    await expectAll(store, readExpected(newest));
  });

  test("all of it can be changed and removed, and what is not ours survives", async () => {
    const at = await database("changed", old);
    const { store } = open(at);
    await store.ping();
    await query(kind, at, "UPDATE auth_code SET session_id = 'sid'");
    const kept = await query(kind, at, `SELECT email, ${groups} AS g FROM password ORDER BY email`);
    const created = await query(kind, at, "SELECT created_at FROM refresh_token ORDER BY id");
    for (const code of await store.authCodes.list()) {
      expect(await store.authCodes.replace(code, { ...code, nonce: "changed" })).toBe(true);
      expect(await store.authCodes.replace(code, { ...code, nonce: "again" })).toBe(false);
    }
    for (const token of await store.refreshTokens.list()) {
      const next = { ...token, obsoleteToken: token.token, token: "next", lastUsed: 1_800_000_000.5 };
      expect(await store.refreshTokens.replace(token, next)).toBe(true);
      expect(await store.refreshTokens.find(token.id)).toEqual(next);
    }
    for (const password of await store.passwords.list()) {
      expect(await store.passwords.replace(password, { ...password, name: "Jané 💥" })).toBe(true);
    }
    expect(await query(kind, at, "SELECT DISTINCT session_id, nonce FROM auth_code")).toEqual([
      { session_id: "sid", nonce: "changed" },
    ]);
    expect(await query(kind, at, "SELECT created_at FROM refresh_token ORDER BY id")).toEqual(created);
    expect(await query(kind, at, `SELECT email, ${groups} AS g FROM password ORDER BY email`)).toEqual(kept);
    for (const collection of [store.clients, store.authRequests, store.authCodes, store.refreshTokens]) {
      await expectEmptied<unknown>(collection);
    }
    for (const collection of [store.offlineSessions, store.passwords, store.connectors, store.deviceTokens]) {
      await expectEmptied<unknown>(collection);
    }
  });

  test("a database of dex's other storage is refused, and nothing is made in it", async () => {
    const at = await database("ent");
    await query(kind, at, "CREATE TABLE oauth2clients (id integer)");
    const { store, lines } = open(at);
    expect(await store.ping().catch((error: unknown) => error)).toMatchObject({ reason: "unreachable" });
    expect(lines[0]).toContain("DEX_ENT_ENABLED");
    expect(await query(kind, at, kind.driver.listTables)).toEqual([{ name: "oauth2clients" }]);
  });

  test("many replicas may start at once on an empty database", async () => {
    const at = await database("race");
    const replicas = Array.from({ length: 6 }, () => open(at));
    await Promise.all(replicas.map(({ store }) => store.ping()));
    expect(replicas.flatMap(({ lines }) => lines.filter((line) => line.startsWith("error")))).toEqual([]);
    expect((await query(kind, at, "SELECT num FROM migrations")).length).toBe(last);
  });

  test("a time in another zone is the same time", async () => {
    const at = databaseAt(server, { database: "race" });
    const { store } = open(at);
    const time = kind.name === "postgres" ? "2027-01-15 17:00:00.25+09" : "2027-01-15 08:00:00.25";
    await query(
      kind,
      at,
      `INSERT INTO device_token (device_code, status, expiry, last_request, poll_interval)
       VALUES ('zone', 'pending', '${time}', '${time}', 5)`,
    );
    expect(await store.deviceTokens.find("zone")).toMatchObject({
      expiry: 1_800_000_000.25,
      lastRequest: 1_800_000_000.25,
    });
    expect(await store.removeExpired(1_800_000_000.25, 10)).toBe(0);
    expect(await store.removeExpired(1_800_000_000.26, 10)).toBe(1);
  });
}

async function expectEmptied<T>(collection: {
  list(): Promise<readonly T[]>;
  remove(value: T): Promise<boolean>;
}): Promise<void> {
  const before = (await collection.list()).length;
  expect(before).toBeGreaterThan(0);
  expect(await removeAll(collection)).toBe(before);
  expect(await collection.list()).toEqual([]);
}

/** Dex's columns, in their order. Whether letters of text are compared exactly is the database's choice. */
function columns(kind: ServerStoreKind, at: SqlServer): Promise<unknown> {
  const schema = kind.name === "postgres" ? "'public'" : "DATABASE()";
  return query(
    kind,
    at,
    `SELECT table_name AS t, column_name AS c, ordinal_position AS p, column_default AS d, is_nullable AS n,
       data_type AS y, character_maximum_length AS l, datetime_precision AS s
     FROM information_schema.columns WHERE table_schema = ${schema} AND table_name NOT LIKE 'gatehouse%'
     ORDER BY table_name, ordinal_position`,
  );
}
