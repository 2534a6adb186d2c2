import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createServer } from "node:net";

import { Secret } from "../../src/protocol/secret.ts";
import type { RefreshToken } from "../../src/provider/storage-model.ts";
import type { Store } from "../../src/store/ports.ts";
import { within, type SqlServer, type SqlServerTls } from "../../src/store/sql/server-driver.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { selfSigned } from "../support/self-signed.ts";
import { databaseAt, query, SERVER_STORES, type ServerStoreKind } from "../support/server-store.ts";
import { recordingLog } from "./store-recording-log.ts";

for (const kind of SERVER_STORES.filter(({ isThere }) => isThere)) {
  describe(kind.name, () => {
    describe("a server that comes and goes", () => connectionTests(kind));
    describe("TLS", () => tlsTests(kind));
  });
}

function connectionTests(kind: ServerStoreKind): void {
  let server: DatabaseServer;
  let lines: string[];
  const stores: Store[] = [];

  beforeAll(async () => {
    server = await kind.start();
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await server.stop();
  });
  beforeEach(() => {
    lines = [];
  });

  const open = (more: Partial<SqlServer> = {}): Store => {
    const store = kind.open({ log: recordingLog(lines) }, databaseAt(server, { connectionTimeoutSeconds: 2, ...more }));
    stores.push(store);
    return store;
  };
  const troubles = (): string[] => lines.filter((line) => !line.includes("brought forward"));
  const at = (): string => `database=127.0.0.1:${server.port}/gatehouse`;

  test("down at the start: it fails closed, says so once, and works when the server is there", async () => {
    await server.kill();
    const store = open();
    for (const work of [
      () => store.ping(),
      () => store.refreshTokens.find("x"),
      () => store.refreshTokens.create(token("down")),
    ]) {
      expect(await failureOf(work())).toMatchObject({ reason: "unreachable", status: 503, retryAfterSeconds: 5 });
    }
    expect(troubles()).toHaveLength(1);
    expect(troubles()[0]).toStartWith(`error store unreachable ${at()} operation=ping reason=`);
    await server.restart();
    await store.refreshTokens.create(token("up"));
    expect((await store.refreshTokens.find("up"))?.token).toBe("secret");
    expect(troubles().slice(1)).toEqual([`info store reachable again ${at()}`]);
  });

  test("lost and back: idle connections are not used again", async () => {
    const store = open();
    await Promise.all(Array.from({ length: 5 }, () => store.ping()));
    await server.kill();
    await server.restart();
    expect((await store.refreshTokens.find("up"))?.token).toBe("secret");
    expect(troubles()).toEqual([]);
  });

  test("lost while a statement waits: it fails, and what was stored is as it was", async () => {
    const store = open();
    const other = await kind.driver.connect(databaseAt(server), 5);
    await other.query("BEGIN");
    await other.query("UPDATE refresh_token SET nonce = 'theirs' WHERE id = 'up'");
    const current = token("up");
    const changing = failureOf(store.refreshTokens.replace(current, { ...current, nonce: "ours" }));
    await Bun.sleep(200); // until the statement waits; sooner, it does not get there, which fails as well
    await server.kill();
    expect(await changing).toMatchObject({ reason: "unreachable" });
    other.close();
    await server.restart();
    expect(await store.refreshTokens.find("up")).toEqual(current);
    expect(troubles().map((line) => line.split(" ")[0])).toEqual(["error", "info"]);
  });

  test("a change that another program makes at the same moment is waited for and seen", async () => {
    const store = open();
    const current = token("up");
    const other = await kind.driver.connect(databaseAt(server), 5);
    const whileChanging = async (column: string, end: string): Promise<boolean> => {
      await other.query("BEGIN");
      await other.query(`UPDATE refresh_token SET ${column} WHERE id = 'up'`);
      const changing = store.refreshTokens.replace(current, { ...current, nonce: "ours" });
      await Bun.sleep(50);
      await other.query(end);
      return changing;
    };
    expect(await whileChanging("token = 'theirs'", "COMMIT")).toBe(false);
    expect((await store.refreshTokens.find("up"))?.token).toBe("theirs");
    await other.query("UPDATE refresh_token SET token = 'SECRET' WHERE id = 'up'"); // differs in case only
    expect(await store.refreshTokens.remove(current)).toBe(false);
    await other.query("UPDATE refresh_token SET token = 'secret' WHERE id = 'up'");
    expect(await whileChanging("token = 'theirs'", "ROLLBACK")).toBe(true);
    expect((await store.refreshTokens.find("up"))?.nonce).toBe("ours");
    other.close();
  });

  test("a change of a column that is not ours does not stand in the way", async () => {
    const store = open();
    const code = authCode("code");
    await store.authCodes.create(code);
    const touching = (async () => {
      for (let index = 0; index < 30; index += 1) {
        await query(kind, databaseAt(server), `UPDATE auth_code SET session_id = 's${index}' WHERE id = 'code'`);
      }
    })();
    for (let index = 0; index < 30; index += 1) {
      const [current, next] = [index, index + 1].map((nonce) => ({ ...code, nonce: nonce === 0 ? "" : `n${nonce}` }));
      expect(current !== undefined && next !== undefined && (await store.authCodes.replace(current, next))).toBe(true);
    }
    await touching;
  });

  test("a wrong password fails closed and is not repeated", async () => {
    const store = open({ password: new Secret("wrong-secret") });
    expect(await failureOf(store.ping())).toMatchObject({ reason: "unreachable" });
    expect(troubles()).toHaveLength(1);
    expect(troubles().join()).not.toContain("wrong-secret");
  });

  test("a value of the request is not repeated", async () => {
    const store = open();
    const error = await failureOf(store.refreshTokens.create(token("up")));
    expect(error).toMatchObject({ reason: "conflict" });
    expect(error instanceof Error && String(error.cause)).not.toContain("'up'");
    expect(error instanceof Error && String(error.cause)).toContain("refreshTokens.create");
  });

  test("the server's socket will do", async () => {
    const store = open({ host: server.socket });
    expect((await store.refreshTokens.find("up"))?.nonce).toBe("ours");
  });

  test("few connections serve many, each in its turn", async () => {
    for (const limits of [
      { maxOpenConnections: 1, maxIdleConnections: 1 },
      { maxOpenConnections: 2, maxIdleConnections: 0 },
      { maxOpenConnections: 3, maxIdleConnections: 2, maxLifetimeSeconds: 0.001 },
    ]) {
      const store = open(limits);
      const found = await Promise.all(Array.from({ length: 40 }, () => store.refreshTokens.find("up")));
      expect(found.filter((row) => row?.nonce === "ours")).toHaveLength(40);
      await store.close();
      expect(await failureOf(store.ping())).toMatchObject({ reason: "unreachable" });
    }
  });

  test("a server that never answers does not keep anybody waiting", async () => {
    const silent = createServer(() => undefined);
    const { promise: listening, resolve } = Promise.withResolvers<undefined>();
    silent.listen(0, "127.0.0.1", () => resolve(undefined));
    await listening;
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const store = open({ port, connectionTimeoutSeconds: 1, maxOpenConnections: 2 });
    const failures = await Promise.all(Array.from({ length: 5 }, () => failureOf(store.ping())));
    for (const failure of failures) expect(failure).toMatchObject({ reason: "unreachable" });
    silent.close();
  });

  test("a database that is read-only can be read, and is said to be", async () => {
    const store = open(await readOnly(kind, server));
    expect(await store.refreshTokens.list()).toHaveLength(1);
    expect(await failureOf(store.refreshTokens.create(token("new")))).toMatchObject({ reason: "unreachable" });
    expect(await store.refreshTokens.list()).toHaveLength(1);
    expect(await failureOf(store.refreshTokens.remove({ ...token("up"), nonce: "ours" }))).toMatchObject({
      reason: "unreachable",
    });
    expect(troubles()).toHaveLength(1);
    expect(troubles()[0]).toContain("read");
  });

  test("a statement that takes too long is given up with its connection", async () => {
    const connection = await kind.driver.connect(databaseAt(server), 5);
    const slow = connection.query(kind.name === "postgres" ? "SELECT pg_sleep(20)" : "SELECT sleep(20)");
    const error = await failureOf(within(0.2, "a statement", slow, () => connection.close()));
    expect(String(error)).toBe("Error: a statement took longer than 0.2 s");
    expect(connection.isBroken).toBe(true);
  });

  test("a step of the schema that was interrupted is finished", async () => {
    const half = databaseAt(server, { database: await server.createDatabase("half") });
    await open({ database: "half" }).ping();
    const [last] = await query(kind, half, "SELECT max(num) AS last FROM migrations");
    if (kind.name === "postgres") return; // there, steps are whole
    await query(kind, half, `DELETE FROM migrations WHERE num = ${String(last?.["last"])}`);
    await query(kind, half, "ALTER TABLE auth_code DROP COLUMN session_id");
    await open({ database: "half" }).ping();
    expect(await query(kind, half, "SELECT session_id FROM auth_code")).toEqual([]);
  });
}

function tlsTests(kind: ServerStoreKind): void {
  const right = selfSigned("right", ["localhost"]);
  const wrong = selfSigned("wrong", ["localhost"]);
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await kind.start({ tls: right });
  });
  afterAll(() => server.stop());

  const attempt = async (verify: SqlServerTls["verify"], authority: string, host = "127.0.0.1"): Promise<unknown> => {
    const tls = { verify, authority, certificate: "", key: new Secret("") };
    const store = kind.open({ log: recordingLog([]) }, databaseAt(server, { host, tls }));
    try {
      return await failureOf(store.ping());
    } finally {
      await store.close();
    }
  };

  test("any certificate will do when only encryption is asked for", async () => {
    expect(await attempt("encrypt", "")).toBeUndefined();
    const tls: SqlServerTls = { verify: "encrypt", authority: "", certificate: "", key: new Secret("") };
    const asked = kind.name === "postgres" ? "SELECT version AS v FROM pg_stat_ssl WHERE pid = pg_backend_pid()" : "SELECT variable_value AS v FROM information_schema.session_status WHERE variable_name = 'Ssl_version'"; // prettier-ignore
    expect(String((await query(kind, databaseAt(server, { tls }), asked))[0]?.["v"])).toStartWith("TLSv1.");
  });

  test("an authority is checked", async () => {
    expect(await attempt("authority", right.certificate)).toBeUndefined();
    expect(await attempt("authority", wrong.certificate)).toMatchObject({ reason: "unreachable" });
    expect(await attempt("authority", "")).toMatchObject({ reason: "unreachable" });
  });

  test("the host is checked, by name and by address", async () => {
    expect(await attempt("full", right.certificate, "localhost")).toBeUndefined();
    expect(await attempt("full", right.certificate, "127.0.0.1")).toBeUndefined();
    expect(await attempt("full", wrong.certificate, "localhost")).toMatchObject({ reason: "unreachable" });
    const elsewhere = selfSigned("elsewhere", ["db.example.com"]);
    const other = await kind.start({ tls: elsewhere });
    const tls = { authority: elsewhere.certificate, certificate: "", key: new Secret("") };
    const open = (verify: SqlServerTls["verify"]): Store =>
      kind.open({ log: recordingLog([]) }, databaseAt(other, { host: "localhost", tls: { ...tls, verify } }));
    expect(await failureOf(open("full").ping())).toMatchObject({ reason: "unreachable" });
    expect(await failureOf(open("authority").ping())).toBeUndefined();
    await other.stop();
  });

  test("a server without TLS is not talked to in the clear", async () => {
    const plain = await kind.start();
    const tls: SqlServerTls = { verify: "encrypt", authority: "", certificate: "", key: new Secret("") };
    const store = kind.open({ log: recordingLog([]) }, databaseAt(plain, { tls }));
    const error = await failureOf(store.ping());
    expect(error).toMatchObject({ reason: "unreachable" });
    expect(error instanceof Error && String(error.cause)).toMatch(/SSL|secure/);
    await plain.stop();
  });
}

/** How to reach the database so that nothing can be written. */
async function readOnly(kind: ServerStoreKind, server: DatabaseServer): Promise<Partial<SqlServer>> {
  if (kind.name === "postgres") {
    await server.sql(
      "CREATE ROLE reader LOGIN SUPERUSER PASSWORD 'r'; ALTER ROLE reader SET default_transaction_read_only = on",
    );
  } else {
    await server.sql(
      "CREATE USER reader IDENTIFIED BY 'r'; GRANT ALL ON gatehouse.* TO reader; SET GLOBAL read_only = 1",
    );
  }
  return { user: "reader", password: new Secret("r") };
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const CLAIMS = { userId: "u", username: "", preferredUsername: "", email: "", emailVerified: true, groups: ["a"] };

function token(id: string): RefreshToken {
  const times = { createdAt: 1_800_000_000, lastUsed: 1_800_000_000 };
  const secrets = { token: "secret", obsoleteToken: "" };
  return {
    id,
    clientId: "app",
    scopes: ["openid"],
    nonce: "",
    claims: CLAIMS,
    connectorId: "local",
    ...secrets,
    ...times,
  };
}

function authCode(id: string): Parameters<Store["authCodes"]["create"]>[0] {
  const { clientId, scopes, nonce, claims, connectorId } = token(id);
  const pkce = { codeChallenge: "", codeChallengeMethod: "" };
  return {
    id,
    clientId,
    scopes,
    nonce,
    claims,
    connectorId,
    redirectUri: "",
    expiry: 1_900_000_000,
    authTime: 0,
    ...pkce,
  };
}
