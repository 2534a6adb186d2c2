import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import type { Store } from "../../src/store/ports.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { expectAll, readExpected, removeAll, VECTORS } from "./dex-database.ts";
import { recordingLog } from "./store-recording-log.ts";

const DATABASES = ["sqlite3-v2.45.1", "sqlite3-master", "sqlite3-master-sessions"];

const folder = mkdtempSync(join(tmpdir(), "gatehouse-dex-"));
afterAll(() => rmSync(folder, { recursive: true }));

for (const name of DATABASES) describe(name, () => databaseTests(name));

describe("a new database", () => {
  test("has dex's schema, its migrations and ours", async () => {
    const { store, file, lines } = open(join(folder, "new.db"));
    await store.ping();
    expect(lines).toEqual([
      `info database schema brought forward file=${file} table=migrations from=0 to=23`,
      `info database schema brought forward file=${file} table=gatehouse_migrations from=0 to=2`,
    ]);
    await store.close();
    expect(query(file, "SELECT num FROM migrations")).toEqual(
      Array.from({ length: 23 }, (_, index) => ({ num: index + 1 })),
    );
    expect(query(file, "SELECT DISTINCT at = date('now') AS today, typeof(at) AS type FROM migrations")).toEqual([
      { today: 1, type: "text" },
    ]);
    expect(schema(file)).toEqual(schema(copy("sqlite3-master", "schema.db")));
  });

  test("holds what dex would hold, in its bytes", async () => {
    const { store, file } = open(join(folder, "bytes.db"));
    await store.clients.create({
      id: "app",
      secret: "s",
      redirectUris: ["https://a/cb"],
      trustedPeers: [],
      public: false,
      name: "App",
      logoUrl: "",
      allowedConnectors: [],
      postLogoutRedirectUris: [],
    });
    await store.offlineSessions.create({
      userId: "u",
      connectorId: "local",
      refresh: {
        b: { id: "r2", clientId: "b", createdAt: 1_795_475_171.5, lastUsed: 0 },
        a: { id: "r1", clientId: "a", createdAt: 1_795_475_171, lastUsed: 1_795_475_171.123456 },
      },
    });
    await store.keys.replace(undefined, {
      signingKey: { kid: "k" },
      verificationKeys: [{ publicKey: { kid: "k0" }, expiry: 1_795_475_171.25 }],
      nextRotation: 1_795_475_171.75,
    });
    await store.close();
    const texts = `SELECT cast(redirect_uris AS text) AS redirect_uris, cast(trusted_peers AS text) AS trusted_peers,
      typeof(trusted_peers) AS type, public, backchannel_logout_uri FROM client`;
    expect(query(file, texts)).toEqual([
      { redirect_uris: '["https://a/cb"]', trusted_peers: "null", type: "blob", public: 0, backchannel_logout_uri: "" },
    ]);
    expect(
      query(file, "SELECT user_id, conn_id, cast(refresh AS text) AS refresh, connector_data FROM offline_session"),
    ).toEqual([
      {
        user_id: "u",
        conn_id: "local",
        refresh:
          '{"a":{"SessionID":"","ID":"r1","ClientID":"a","CreatedAt":"2026-11-23T23:06:11Z","LastUsed":"2026-11-23T23:06:11.123456Z"},' +
          '"b":{"SessionID":"","ID":"r2","ClientID":"b","CreatedAt":"2026-11-23T23:06:11.5Z","LastUsed":"0001-01-01T00:00:00Z"}}',
        connector_data: null,
      },
    ]);
    expect(
      query(
        file,
        "SELECT id, cast(verification_keys AS text) AS v, cast(signing_key_pub AS text) AS p, next_rotation FROM keys",
      ),
    ).toEqual([
      {
        id: "keys",
        v: '[{"publicKey":{"kid":"k0"},"expiry":"2026-11-23T23:06:11.25Z"}]',
        p: "null",
        next_rotation: "2026-11-23 23:06:11.75+00:00",
      },
    ]);
  });

  test("a file of dex's other storage is refused, and nothing is written to it", async () => {
    const file = join(folder, "ent.db");
    const db = new DatabaseSync(file);
    db.exec("CREATE TABLE oauth2clients (id text)");
    db.close();
    const { store, lines } = open(file);
    expect(await store.ping().catch((error: unknown) => error)).toMatchObject({ reason: "unreachable" });
    expect(lines[0]).toContain("DEX_ENT_ENABLED");
    await store.close();
    expect(query(file, "SELECT name FROM sqlite_master")).toEqual([{ name: "oauth2clients" }]);
  });
});

function databaseTests(name: string): void {
  const expected = readExpected(name);

  test("is brought forward, and holds what it held", async () => {
    const file = copy(name, `${name}.db`);
    const counts = (): unknown[] =>
      ["client", "auth_request", "auth_code", "refresh_token", "password", "keys", "offline_session", "connector"].map(
        (table) => query(file, `SELECT count(*) AS n FROM ${table}`)[0]?.["n"],
      );
    const before = counts();
    const { store } = open(file);
    await expectAll(store, expected);
    await store.close();
    expect(counts()).toEqual(before);
    expect(query(file, "SELECT max(num) AS last, count(*) AS n FROM migrations")).toEqual([{ last: 23, n: 23 }]);
    expect(schema(file)).toEqual(schema(copy("sqlite3-master", `schema-${name}.db`)));
  });

  test("can be changed, and what is not ours survives", async () => {
    const file = copy(name, `${name}-change.db`);
    const { store } = open(file);
    await store.ping();
    const db = new DatabaseSync(file);
    db.exec(
      `UPDATE client SET mfa_chain = '["totp"]', sso_shared_with = '["x"]', backchannel_logout_uri = 'https://b'`,
    );
    db.exec("UPDATE auth_code SET session_id = 'sid'");
    db.close();
    const sessionIds = refreshColumns(file).map((refs) => Object.values(refs).map((ref) => ref["SessionID"] ?? ""));

    for (const client of await store.clients.list()) {
      expect(await store.clients.replace(client, { ...client, name: `${client.name}!` })).toBe(true);
    }
    for (const code of await store.authCodes.list()) {
      expect(await store.authCodes.replace(code, { ...code, nonce: "changed" })).toBe(true);
    }
    const created = query(file, "SELECT created_at FROM refresh_token ORDER BY id");
    for (const token of await store.refreshTokens.list()) {
      const next = { ...token, obsoleteToken: token.token, token: "next", lastUsed: 1_800_000_000 };
      expect(await store.refreshTokens.replace(token, next)).toBe(true);
      expect(await store.refreshTokens.find(token.id)).toEqual(next);
      expect(await store.refreshTokens.replace(token, next)).toBe(false);
    }
    for (const session of await store.offlineSessions.list()) {
      const refresh = Object.fromEntries(
        Object.entries(session.refresh).map(([client, ref]) => [client, { ...ref, lastUsed: 1_800_000_000 }]),
      );
      expect(await store.offlineSessions.replace(session, { ...session, refresh })).toBe(true);
    }
    const keys = await store.keys.find();
    expect(keys && (await store.keys.replace(keys, { ...keys, nextRotation: 1_800_000_000 }))).toBe(true);

    expect(
      query(file, "SELECT DISTINCT mfa_chain, sso_shared_with, backchannel_logout_uri AS uri FROM client"),
    ).toEqual([{ mfa_chain: '["totp"]', sso_shared_with: '["x"]', uri: "https://b" }]);
    expect(query(file, "SELECT DISTINCT session_id, nonce FROM auth_code")).toEqual([
      { session_id: "sid", nonce: "changed" },
    ]);
    expect(query(file, "SELECT DISTINCT token, last_used FROM refresh_token")).toEqual([
      { token: "next", last_used: "2027-01-15 08:00:00+00:00" },
    ]);
    expect(query(file, "SELECT created_at FROM refresh_token ORDER BY id")).toEqual(created); // every nanosecond
    const refs = refreshColumns(file).map((column) => Object.values(column));
    expect(refs.map((column) => column.map((ref) => ref["SessionID"]))).toEqual(sessionIds);
    expect(new Set(refs.flat().map((ref) => ref["LastUsed"]))).toEqual(new Set(["2027-01-15T08:00:00Z"]));

    const { clients, authRequests, authCodes, refreshTokens, offlineSessions, passwords } = store;
    expect(await removeAll(clients)).toBe(3);
    expect(await removeAll(authRequests)).toBe(name === "sqlite3-master-sessions" ? 3 : 2);
    expect(await removeAll(authCodes)).toBe(name === "sqlite3-master-sessions" ? 2 : 1);
    expect(await removeAll(refreshTokens)).toBe(expected.refresh_tokens_that_must_work.length);
    expect(await removeAll(offlineSessions)).toBe(Object.keys(expected.list_refresh).length);
    expect(await removeAll(passwords)).toBe(2);
    await store.close();
  });
}

function open(file: string): { readonly store: Store; readonly file: string; readonly lines: string[] } {
  const lines: string[] = [];
  return { store: openSqliteStore({ log: recordingLog(lines) }, file), file, lines };
}

function copy(name: string, as: string): string {
  const target = join(folder, as);
  copyFileSync(join(VECTORS, name, "dex.db"), target);
  chmodSync(target, 0o600);
  return target;
}

function query(file: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(file);
  try {
    return db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

/** Tables of dex with their columns (order, type, not null, default, key), and indices. */
function schema(file: string): unknown {
  const names = query(
    file,
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'gatehouse_%' ORDER BY name",
  );
  const indices = query(
    file,
    "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE '%gatehouse_%' ORDER BY name",
  );
  return { indices, tables: names.map(({ name }) => [name, query(file, `PRAGMA table_info("${String(name)}")`)]) };
}

function refreshColumns(file: string): Record<string, Record<string, unknown>>[] {
  return query(file, "SELECT cast(refresh AS text) AS refresh FROM offline_session ORDER BY user_id, conn_id").map(
    (row) => JSON.parse(String(row["refresh"])) as Record<string, Record<string, unknown>>,
  );
}
