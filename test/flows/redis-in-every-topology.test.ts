import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Secret } from "../../src/protocol/secret.ts";
import type { SessionKeeper } from "../../src/session/session.ts";
import { RedisAddressError, type RedisServers } from "../../src/store/redis/redis-address.ts";
import { type RedisStore, createRedisStore } from "../../src/store/redis/redis-store.ts";
import { StoreError } from "../../src/store/store-error.ts";
import { freePort } from "../support/gatehouse.ts";
import { HAS_REDIS, type RedisOptions, type RedisProcess, redisAt, startRedis } from "../support/redis.ts";
import { SILENT, alice, createBench, jar, requestWith, ticketKeeper } from "../support/session-bench.ts";

const running: { stop(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).toReversed()) await part.stop();
});

async function server(options: RedisOptions = {}): Promise<RedisProcess> {
  const started = await startRedis(options);
  running.push(started);
  return started;
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "gatehouse-redis-"));
  running.push({ stop: () => rmSync(path, { recursive: true, force: true }) });
  return path;
}

function storeAt(servers: RedisServers): RedisStore {
  const store = createRedisStore({ log: SILENT }, servers);
  running.push({ stop: () => store.close() });
  return store;
}

function keeperAt(servers: RedisServers): SessionKeeper {
  const keeper = ticketKeeper(createBench(), servers);
  running.push({ stop: () => keeper.close?.() });
  return keeper;
}

/** Everything that a session needs of a store. */
async function expectWorking(servers: RedisServers): Promise<void> {
  const keeper = keeperAt(servers);
  const cookies = jar(await keeper.begin(requestWith(""), "oidc", alice()));
  expect((await keeper.load(requestWith(cookies))).session?.identity.email).toBe("alice@example.com");
  await keeper.ping?.();
  const store = storeAt(servers);
  expect(await store.lock("a.lock", "one", 5000)).toBe(true);
  expect(await store.lock("a.lock", "two", 5000)).toBe(false);
  await store.extendLock("a.lock", "one", 5000);
  await store.unlock("a.lock", "two");
  expect(await store.lock("a.lock", "two", 5000)).toBe(false);
  await store.unlock("a.lock", "one");
  expect(await store.lock("a.lock", "two", 5000)).toBe(true);
  await store.unlock("a.lock", "two");
  await keeper.end(requestWith(cookies));
  expect((await keeper.load(requestWith(cookies))).session).toBeUndefined();
}

async function eventually<T>(attempt: () => Promise<T>, seconds = 30): Promise<T> {
  for (const end = performance.now() + seconds * 1000; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) throw error;
      await Bun.sleep(50);
    }
  }
}

describe.skipIf(!HAS_REDIS)("Redis", () => {
  test("single", async () => {
    const redis = await server();
    const servers = redisAt(`redis://127.0.0.1:${redis.port}/3`);
    await expectWorking(servers);
    expect(await redis.cli("-n", "3", "DBSIZE")).toBe("0");
    await keeperAt(servers).begin(requestWith(""), "oidc", alice());
    expect(await redis.cli("-n", "3", "DBSIZE")).toBe("1");
  });

  test("a user of its own, in the URL or over it", async () => {
    const file = join(folder(), "redis.conf");
    writeFileSync(file, "user default off\nuser gate on >p%40:/ss ~* +@all\n");
    const redis = await server({ args: [file], cli: ["--user", "gate", "--pass", "p%40:/ss", "--no-auth-warning"] });
    const at = `127.0.0.1:${redis.port}`;
    await expectWorking(redisAt(`redis://gate:${encodeURIComponent("p%40:/ss")}@${at}`));
    await expectWorking(redisAt(`redis://other:wrong@${at}`, { username: "gate", password: new Secret("p%40:/ss") }));
    const refused = await storeAt(redisAt(`redis://gate:wrong@${at}`))
      .ping()
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(refused).toBeInstanceOf(StoreError);
  });

  test("TLS: its own authority, no verification, and neither", async () => {
    const path = folder();
    const openssl = Bun.spawnSync(
      [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        "-days",
        "2",
        "-subj",
        "/CN=redis",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
      ],
      { cwd: path, stderr: "ignore" },
    );
    expect(openssl.exitCode).toBe(0);
    const port = await freePort();
    const [cert, key] = [join(path, "cert.pem"), join(path, "key.pem")];
    await server({
      port,
      args: [
        "--tls-port",
        String(port),
        "--tls-cert-file",
        cert,
        "--tls-key-file",
        key,
        "--tls-auth-clients",
        "no",
        "--port",
        "0",
      ],
      cli: ["--tls", "--cacert", cert],
      isTls: true,
    });
    await expectWorking(redisAt(`rediss://127.0.0.1:${port}`, { caFile: cert }));
    await expectWorking(redisAt(`redis://127.0.0.1:${port}`, { insecureSkipTlsVerify: true }));
    await expect(storeAt(redisAt(`rediss://127.0.0.1:${port}`)).ping()).rejects.toBeInstanceOf(StoreError);
  });

  test("killed and started again while requests run: 503 at worst, nobody logged out", async () => {
    const path = folder();
    const redis = await server({ args: ["--appendonly", "yes", "--appendfsync", "always"], folder: path });
    const keeper = keeperAt(redisAt(`redis://127.0.0.1:${redis.port}`));
    const cookies = jar(await keeper.begin(requestWith(""), "oidc", alice()));
    const outcomes = new Map<string, number>();
    const run = { isOver: false };
    const client = async (): Promise<void> => {
      while (!run.isOver) {
        const outcome = await Promise.resolve(keeper.load(requestWith(cookies))).then(
          ({ session, setCookies }) => (session === undefined || setCookies.length > 0 ? "logged out" : "in"),
          (error: unknown) => (error instanceof StoreError ? "503" : String(error)),
        );
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        await Bun.sleep(2);
      }
    };
    const clients = Array.from({ length: 20 }, client);
    await Bun.sleep(200);
    await redis.kill();
    await Bun.sleep(2000);
    await redis.restart();
    await eventually(async () => keeper.load(requestWith(cookies)));
    outcomes.delete("503");
    await Bun.sleep(200);
    run.isOver = true;
    await Promise.all(clients);
    expect([...outcomes.keys()]).toEqual(["in"]);
  });

  test("not there when the program starts: it is found when it comes", async () => {
    const port = await freePort();
    const store = storeAt(redisAt(`redis://127.0.0.1:${port}`));
    await expect(store.ping()).rejects.toBeInstanceOf(StoreError);
    await server({ port });
    await eventually(() => store.ping());
  });

  test("an idle connection is closed, and opened again", async () => {
    const redis = await server();
    const store = storeAt(redisAt(`redis://127.0.0.1:${redis.port}`, { idleTimeoutSeconds: 0.2 }));
    await store.ping();
    const clients = async (): Promise<number> => (await redis.cli("CLIENT", "LIST")).split("\n").length;
    expect(await clients()).toBe(2); // and `redis-cli` itself
    await eventually(async () => expect(await clients()).toBe(1));
    await store.ping();
    expect(await clients()).toBe(2);
  });

  test("Sentinel: the master dies, another takes over, the session is still there", async () => {
    const master = await server({ args: ["--repl-diskless-sync-delay", "0"] });
    const replica = await server({ args: ["--replicaof", "127.0.0.1", String(master.port)] });
    const sentinels = await Promise.all(
      [1, 2, 3].map(async () => {
        const path = folder();
        const file = join(path, "sentinel.conf");
        writeFileSync(
          file,
          `sentinel monitor gate 127.0.0.1 ${master.port} 2
sentinel down-after-milliseconds gate 500
sentinel failover-timeout gate 2000
requirepass watch
`,
        );
        return server({ args: [file, "--sentinel"], cli: ["--pass", "watch", "--no-auth-warning"], folder: path });
      }),
    );
    await eventually(async () => expect(await master.cli("WAIT", "1", "100")).toBe("1"));
    await eventually(async () =>
      expect(await sentinels[0]?.cli("SENTINEL", "CKQUORUM", "gate")).toStartWith("OK 3 usable"),
    );
    await eventually(async () => expect(await sentinels[0]?.cli("SENTINEL", "REPLICAS", "gate")).toContain("port"));
    const servers = redisAt("", {
      topology: {
        kind: "sentinel",
        masterName: "gate",
        urls: sentinels.map(({ port }) => `redis://127.0.0.1:${port}`),
        sentinelPassword: new Secret("watch"),
      },
    });
    await expectWorking(servers);
    const keeper = keeperAt(servers);
    const cookies = jar(await keeper.begin(requestWith(""), "oidc", alice()));
    await eventually(async () => expect(await replica.cli("DBSIZE")).not.toBe("0"));
    await master.kill();
    const { session } = await eventually(async () => {
      const loaded = await keeper.load(requestWith(cookies));
      await keeper.begin(requestWith(""), "oidc", alice()); // written, so it is the new master
      return loaded;
    });
    expect(session?.identity.email).toBe("alice@example.com");
  }, 90_000);

  test("Cluster of three masters: every slot works, and all but a dead one's go on", async () => {
    const nodes = await Promise.all(
      [1, 2, 3].map(() =>
        server({
          args: ["--cluster-enabled", "yes", "--cluster-require-full-coverage", "no", "--cluster-node-timeout", "1000"],
        }),
      ),
    );
    const create = Bun.spawnSync([
      "redis-cli",
      "--cluster",
      "create",
      ...nodes.map(({ port }) => `127.0.0.1:${port}`),
      "--cluster-replicas",
      "0",
      "--cluster-yes",
    ]);
    expect(create.exitCode).toBe(0);
    await eventually(async () => {
      for (const node of nodes) expect(await node.cli("CLUSTER", "INFO")).toContain("cluster_state:ok");
    });
    const servers = redisAt("", {
      topology: { kind: "cluster", urls: nodes.map(({ port }) => `redis://127.0.0.1:${port}`) },
    });
    await expectWorking(servers);
    const keeper = keeperAt(servers);
    const jars: string[] = [];
    for (let count = 0; count < 30; count += 1) jars.push(jar(await keeper.begin(requestWith(""), "oidc", alice())));
    const sizes = await Promise.all(nodes.map((node) => node.cli("DBSIZE")));
    expect(sizes.map(Number).every((size) => size > 0)).toBe(true);
    await nodes[2]?.kill();
    const outcomes = await Promise.all(
      jars.map(async (cookies) => {
        try {
          return (await keeper.load(requestWith(cookies))).session === undefined ? "logged out" : "in";
        } catch (error) {
          return error instanceof StoreError ? "503" : String(error);
        }
      }),
    );
    expect(outcomes.filter((outcome) => outcome === "503")).toHaveLength(Number(sizes[2]));
    expect(outcomes.filter((outcome) => outcome === "in")).toHaveLength(30 - Number(sizes[2]));
    await keeper.ping?.();
  }, 90_000);
});

describe.skipIf(!HAS_REDIS)("tickets", () => {
  test("a second login has another ticket, and the first is gone", async () => {
    const redis = await server();
    const keeper = keeperAt(redisAt(`redis://127.0.0.1:${redis.port}`));
    const first = jar(await keeper.begin(requestWith(""), "oidc", alice()));
    const second = jar(await keeper.begin(requestWith(first), "oidc", alice()), first);
    expect(second).not.toBe(first);
    expect(await redis.cli("DBSIZE")).toBe("1");
    expect((await keeper.load(requestWith(first))).session).toBeUndefined();
  });

  test.each(["", "garbage", "garbage".repeat(20)])("a stored value that is none is no session: %p", async (value) => {
    const redis = await server();
    const keeper = keeperAt(redisAt(`redis://127.0.0.1:${redis.port}`));
    const cookies = jar(await keeper.begin(requestWith(""), "oidc", alice()));
    const key = await redis.cli("KEYS", "*");
    await redis.cli("SET", key, value);
    const { session, setCookies } = await keeper.load(requestWith(cookies));
    expect(session).toBeUndefined();
    expect(jar(setCookies, cookies)).toBe("");
    await redis.cli("DEL", key);
    await redis.cli("LPUSH", key, "a list");
    expect((await keeper.load(requestWith(cookies))).session).toBeUndefined();
  });

  test("another process holds the lock: its renewal counts, and nobody asks the upstream twice", async () => {
    const redis = await server();
    const servers = redisAt(`redis://127.0.0.1:${redis.port}`);
    const bench = createBench();
    let asked = 0;
    bench.refresh = async () => {
      asked += 1;
      await Bun.sleep(300);
      return { outcome: "renewed", login: alice({ accessToken: "at2" }) };
    };
    const keepers = [1, 2, 3].map(() => ticketKeeper(bench, servers, { refreshSeconds: 2 }));
    running.push({ stop: () => keepers.forEach((keeper) => keeper.close?.()) });
    const [one] = keepers;
    if (one === undefined) throw new Error("no keeper");
    const cookies = jar(await one.begin(requestWith(""), "oidc", alice()));
    bench.now += 3;
    const loads = await Promise.all(keepers.map((keeper) => keeper.load(requestWith(cookies))));
    expect(loads.map(({ session }) => session?.tokens.accessToken)).toEqual(["at2", "at2", "at2"]);
    expect(asked).toBe(1);
    expect(await redis.cli("KEYS", "*.lock")).toBe("");
  });

  test("signed out while it was being renewed: it does not come back", async () => {
    const redis = await server();
    const bench = createBench();
    const keeper = ticketKeeper(bench, redisAt(`redis://127.0.0.1:${redis.port}`), { refreshSeconds: 2 });
    running.push({ stop: () => keeper.close?.() });
    const cookies = jar(await keeper.begin(requestWith(""), "oidc", alice()));
    bench.now += 3;
    bench.refresh = async () => {
      await keeper.end(requestWith(cookies));
      return { outcome: "renewed", login: alice({ accessToken: "at2" }) };
    };
    expect((await keeper.load(requestWith(cookies))).session).toBeUndefined();
    expect(await redis.cli("DBSIZE")).toBe("0");
  });

  test("what an upstream handed out while Redis went away is stored when it is back", async () => {
    const redis = await server({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
    const bench = createBench();
    const keeper = ticketKeeper(bench, redisAt(`redis://127.0.0.1:${redis.port}`), { refreshSeconds: 2 });
    running.push({ stop: () => keeper.close?.() });
    const cookies = jar(await keeper.begin(requestWith(""), "oidc", alice()));
    bench.now += 3;
    bench.refresh = async () => {
      await redis.kill();
      return { outcome: "renewed", login: alice({ accessToken: "at2", refreshToken: "rt2" }) };
    };
    await expect(keeper.load(requestWith(cookies))).rejects.toBeInstanceOf(StoreError);
    await Bun.sleep(1500);
    await redis.restart();
    const { session } = await eventually(async () => keeper.load(requestWith(cookies)));
    expect(session?.tokens.refreshToken).toBe("rt2");
  });

  test("a remembered session is served while Redis is away, and not after it was ended here", async () => {
    const redis = await server();
    const bench = createBench();
    const keeper = ticketKeeper(bench, redisAt(`redis://127.0.0.1:${redis.port}`), { cacheSeconds: 10 });
    running.push({ stop: () => keeper.close?.() });
    const cookies = jar(await keeper.begin(requestWith(""), "oidc", alice()));
    await keeper.load(requestWith(`${cookies}; other=1`));
    await keeper.load(requestWith(cookies));
    await keeper.end(requestWith(cookies));
    expect((await keeper.load(requestWith(`${cookies}; other=1`))).session).toBeUndefined();
    const again = jar(await keeper.begin(requestWith(""), "oidc", alice()));
    await keeper.load(requestWith(again));
    await redis.kill();
    expect(keeper.load(requestWith(again))).toHaveProperty("session"); // at once, not a promise
    bench.now += 10;
    await expect(Promise.resolve(keeper.load(requestWith(again)))).rejects.toBeInstanceOf(StoreError);
  });
});

test.each([
  ["http://host", {}],
  ["redis://host/abc", {}],
  ["not a url", {}],
  ["rediss://host", { caFile: "/does/not/exist.pem" }],
])("an address that cannot be used is told at once, without its password: %p", (url, more) => {
  expect(() => createRedisStore({ log: SILENT }, redisAt(url, more))).toThrow(RedisAddressError);
});
