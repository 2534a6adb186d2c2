import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import type {
  AuthCode,
  AuthRequest,
  Client,
  DeviceRequest,
  DeviceToken,
  OfflineSession,
  Password,
  PersonalClaims,
  RedeemedCode,
  RefreshToken,
  RevokedToken,
  SigningKeys,
  StoredConnector,
} from "../../src/provider/storage-model.ts";
import { offlineSessionKey, type Collection, type SessionRecord, type Store } from "../../src/store/ports.ts";
import { StoreError } from "../../src/store/store-error.ts";

/** A store under test. `reopen` opens a second instance on the same data: another replica, or the next start. */
export interface OpenedStore {
  readonly store: Store;
  readonly reopen?: () => Promise<Store>;
  readonly close: () => Promise<void>;
}

/** Where a store holds less than others. */
export interface StoreLimits {
  /** The longest text of a column, in characters. */
  readonly textEnd?: number;
  /** Digits of a second. Default: as many as a number has. */
  readonly timeDigits?: number;
}

/** What every store must hold. A new store is done when this passes. */
export function storeSuite(
  name: string,
  open: (clock: () => number) => Promise<OpenedStore>,
  { textEnd = 200_000, timeDigits = 9 }: StoreLimits = {},
): void {
  describe(`store: ${name}`, () => {
    let opened: OpenedStore;
    let now = 1_800_000_000;
    const clock = (): number => now;

    beforeEach(async () => {
      now = 1_800_000_000;
      opened = await open(clock);
    });
    afterEach(() => opened.close());

    collectionTests("clients", () => opened.store.clients, {
      value: CLIENT,
      next: { ...CLIENT, secret: "next" },
      keyOf: (client) => client.id,
    });
    collectionTests("authRequests", () => opened.store.authRequests, {
      value: AUTH_REQUEST,
      next: LOGGED_IN,
      keyOf: (request) => request.id,
    });
    collectionTests("authCodes", () => opened.store.authCodes, {
      value: AUTH_CODE,
      next: { ...AUTH_CODE, nonce: "n2" },
      keyOf: (code) => code.id,
    });
    collectionTests("refreshTokens", () => opened.store.refreshTokens, {
      value: REFRESH_TOKEN,
      next: ROTATED,
      keyOf: (token) => token.id,
    });
    collectionTests("offlineSessions", () => opened.store.offlineSessions, {
      value: OFFLINE,
      next: TWO_CLIENTS,
      keyOf: offlineSessionKey,
    });
    collectionTests("passwords", () => opened.store.passwords, {
      value: PASSWORD,
      next: { ...PASSWORD, hash: "$2a$x" },
      keyOf: (password) => password.email,
    });
    collectionTests("connectors", () => opened.store.connectors, {
      value: CONNECTOR,
      next: { ...CONNECTOR, resourceVersion: "2", config: new TextEncoder().encode('{"clientID":"b"}') },
      keyOf: (connector) => connector.id,
    });
    collectionTests("deviceRequests", () => opened.store.deviceRequests, {
      value: DEVICE_REQUEST,
      next: { ...DEVICE_REQUEST, clientSecret: "" },
      keyOf: (request) => request.userCode,
    });
    collectionTests("deviceTokens", () => opened.store.deviceTokens, {
      value: DEVICE_TOKEN,
      next: {
        ...DEVICE_TOKEN,
        status: "complete",
        token: '{"access_token":"a\\u003c\\"ü"}',
        lastRequest: 1_800_000_005.25,
      },
      keyOf: (token) => token.deviceCode,
    });
    collectionTests("personalClaims", () => opened.store.personalClaims, {
      value: PERSONAL_CLAIMS,
      next: { ...PERSONAL_CLAIMS, claims: {} },
      keyOf: offlineSessionKey,
    });
    collectionTests("redeemedCodes", () => opened.store.redeemedCodes, {
      value: REDEEMED,
      next: { ...REDEEMED, tokenIds: [] },
      keyOf: (code) => code.codeId,
    });
    collectionTests("revokedTokens", () => opened.store.revokedTokens, {
      value: REVOKED,
      next: { ...REVOKED, expiry: 1_900_000_000.25 },
      keyOf: (token) => token.tokenId,
    });
    collectionTests("sessions", () => opened.store.sessions, {
      value: SESSION,
      next: { ...SESSION, lastSeenAt: 1_800_000_060.5 },
      keyOf: (session) => session.id,
    });

    test("what was never set comes back as never set", async () => {
      await opened.store.clients.create(BARE_CLIENT);
      await opened.store.authRequests.create(BARE_AUTH_REQUEST);
      const { emailVerified, ...bare } = PASSWORD;
      await opened.store.passwords.create(bare);
      await opened.store.passwords.create({ ...PASSWORD, email: "no@example.com", emailVerified: false });
      expect(emailVerified).toBe(true);
      expect(await opened.store.clients.find("bare")).toEqual(BARE_CLIENT);
      const request = await opened.store.authRequests.find("bare");
      expect(request).toEqual(BARE_AUTH_REQUEST);
      expect(request?.authTime).toBe(0);
      expect(await opened.store.passwords.find("jane@example.com")).toStrictEqual(bare);
      expect((await opened.store.passwords.find("no@example.com"))?.emailVerified).toBe(false);
    });

    test("text of any language and of any length comes back as it was", async () => {
      const values = [
        "Ünïcödé 日本語 العربية 👩🏽‍💻🏳️‍🌈",
        "o'clock; DROP TABLE client; --",
        'a"b\\c%_?',
        "\u00a0\r\n\t ",
        "x".repeat(textEnd),
        "💥".repeat(Math.min(textEnd, 1000)),
      ];
      for (const [index, value] of values.entries()) {
        const client = { ...CLIENT, id: `c${index}`, name: value, secret: value, redirectUris: [value, ""] };
        await opened.store.clients.create(client);
        expect(await opened.store.clients.find(`c${index}`)).toEqual(client);
      }
      await opened.store.clients.create({ ...CLIENT, id: values[1] ?? "" });
      await opened.store.clients.create({ ...CLIENT, id: values[0] ?? "" });
      expect((await opened.store.clients.find("o'clock; DROP TABLE client; --"))?.name).toBe("Wiki");
      expect((await opened.store.clients.find("Ünïcödé 日本語 العربية 👩🏽‍💻🏳️‍🌈"))?.name).toBe("Wiki");
      expect(await opened.store.clients.find("ünïcödé 日本語 العربية 👩🏽‍💻🏳️‍🌈")).toBeUndefined();
    });

    test("connector data is bytes, also bytes that are no text", async () => {
      const connectorData = Uint8Array.from({ length: 256 }, (_, index) => index);
      await opened.store.refreshTokens.create({ ...REFRESH_TOKEN, connectorData });
      const found = await opened.store.refreshTokens.find("rt-1");
      expect([...(found?.connectorData ?? [])]).toEqual([...connectorData]);
      const changed = { ...REFRESH_TOKEN, connectorData: connectorData.with(0, 9) };
      expect(await opened.store.refreshTokens.replace(changed, { ...changed, nonce: "x" })).toBe(false);
      expect(await opened.store.refreshTokens.remove({ ...REFRESH_TOKEN, connectorData: connectorData.slice() })).toBe(
        true,
      );
    });

    test("what cannot be kept is refused as a whole, and nothing is cut off", async () => {
      if (textEnd >= 200_000) return;
      const { clients } = opened.store;
      const long = "x".repeat(textEnd + 1);
      const refused = { reason: "refused", status: 400 };
      expect(await failureOf(clients.create({ ...CLIENT, id: long }))).toMatchObject(refused);
      expect(await failureOf(clients.create({ ...CLIENT, name: long }))).toMatchObject(refused);
      expect(await clients.list()).toEqual([]);
      await clients.create(CLIENT);
      expect(await failureOf(clients.replace(CLIENT, { ...CLIENT, secret: long }))).toMatchObject(refused);
      expect(await clients.list()).toEqual([CLIENT]);
      const state = "s".repeat(4096); // as long as dex's own column
      await opened.store.authRequests.create({ ...AUTH_REQUEST, state });
      expect((await opened.store.authRequests.find("req-1"))?.state).toBe(state);
    });

    test("a key that cannot be is nobody's", async () => {
      for (const key of ["a\0b", "x".repeat(100_000), "\ud800", ""]) {
        expect(await opened.store.authCodes.find(key)).toBeUndefined();
        expect(await opened.store.authCodes.remove({ ...AUTH_CODE, id: key })).toBe(false);
      }
    });

    test("a NUL comes back or is refused", async () => {
      const client = { ...CLIENT, name: "a\0b", redirectUris: ["a\0b"] };
      const error = await failureOf(opened.store.clients.create(client));
      if (error === undefined) expect(await opened.store.clients.find("wiki")).toEqual(client);
      else expect(error).toMatchObject({ reason: "refused" });
    });

    test("ids that differ in case, accents or spaces behind are others", async () => {
      const { sessions, offlineSessions } = opened.store;
      const ids = ["jane", "Jane", "jané", "jane ", " jane"];
      for (const id of ids.filter((candidate) => candidate !== "jane ")) {
        await sessions.create({ ...SESSION, id });
        await offlineSessions.create({ ...OFFLINE, userId: id });
      }
      expect(await sessions.find("jane ")).toBeUndefined();
      expect(await sessions.find("JANE")).toBeUndefined();
      expect(await offlineSessions.find("local\nJANE")).toBeUndefined();
      expect((await offlineSessions.find("local\nJane"))?.userId).toBe("Jane");
      expect(await sessions.list()).toHaveLength(4);
      expect(await offlineSessions.remove({ ...OFFLINE, userId: "JANE" })).toBe(false);
      expect(await offlineSessions.remove({ ...OFFLINE, userId: "Jane" })).toBe(true);
      expect(await offlineSessions.list()).toHaveLength(3);
    });

    test("what is finer than a store keeps does not stand in the way of a change", async () => {
      const fine = { ...REFRESH_TOKEN, createdAt: 1_800_000_000.1234567, lastUsed: 1_800_000_000.9999998 };
      await opened.store.refreshTokens.create(fine);
      const next = { ...fine, token: "next", lastUsed: 1_800_000_001 + 0.9876543 };
      expect(await opened.store.refreshTokens.replace(fine, next)).toBe(true);
      expect(await opened.store.refreshTokens.replace(fine, next)).toBe(false);
      const found = await opened.store.refreshTokens.find(fine.id);
      expect(found?.lastUsed).toBeGreaterThan(1_800_000_001.98);
      expect(found?.lastUsed).toBeLessThanOrEqual(next.lastUsed);
      expect(await opened.store.refreshTokens.remove(next)).toBe(true);
    });

    test("lists are in the same order again, whatever was changed", async () => {
      const { clients } = opened.store;
      for (const id of ["b", "a", "Z", "d", "c"]) await clients.create({ ...CLIENT, id });
      const ids = async (): Promise<string[]> => (await clients.list()).map((client) => client.id);
      const before = await ids();
      expect([...before].sort()).toEqual(["Z", "a", "b", "c", "d"]);
      await clients.replace({ ...CLIENT, id: "a" }, { ...CLIENT, id: "a", name: "changed" });
      expect(await ids()).toEqual(before);
    });

    test("a time of a fraction of a second is the same number again", async () => {
      const times = [0, 1, 1_800_000_000, 1_800_000_000.001, 1_795_475_171.123456, 4_102_444_799.999];
      const held = (time: number): boolean => String(time).length - String(Math.floor(time)).length - 1 <= timeDigits;
      for (const time of times.filter(held)) {
        const token = { ...REFRESH_TOKEN, id: `at-${time}`, createdAt: time, lastUsed: time };
        await opened.store.refreshTokens.create(token);
        expect((await opened.store.refreshTokens.find(token.id))?.lastUsed).toBe(time);
        expect(await opened.store.refreshTokens.remove(token)).toBe(true);
      }
    });

    test("a password is found under its address in any spelling, and there is one only", async () => {
      await opened.store.passwords.create({ ...PASSWORD, email: "Jane@Example.COM" });
      expect((await opened.store.passwords.find("JANE@example.com"))?.email).toBe("jane@example.com");
      const again = await opened.store.passwords.create(PASSWORD).catch((thrown: unknown) => thrown);
      expect(again).toMatchObject({ reason: "conflict" });
      const shouting = { ...PASSWORD, email: "JANE@EXAMPLE.COM" };
      expect(await opened.store.passwords.replace(shouting, { ...shouting, name: "J" })).toBe(true);
      expect((await opened.store.passwords.list()).map((password) => [password.email, password.name])).toEqual([
        ["jane@example.com", "J"],
      ]);
    });

    test("exactly one of fifty redeems a code", async () => {
      await opened.store.authCodes.create(AUTH_CODE);
      const wins = await Promise.all(Array.from({ length: 50 }, () => opened.store.authCodes.remove(AUTH_CODE)));
      expect(wins.filter(Boolean)).toHaveLength(1);
    });

    test("exactly one of fifty rotates a refresh token", async () => {
      await opened.store.refreshTokens.create(REFRESH_TOKEN);
      const wins = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          opened.store.refreshTokens.replace(REFRESH_TOKEN, { ...REFRESH_TOKEN, token: `secret-${index}` }),
        ),
      );
      expect(wins.filter(Boolean)).toHaveLength(1);
      expect((await opened.store.refreshTokens.find("rt-1"))?.token).toBe(`secret-${wins.indexOf(true)}`);
    });

    test("exactly one of fifty creates", async () => {
      const results = await Promise.allSettled(Array.from({ length: 50 }, () => opened.store.clients.create(CLIENT)));
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
      expect(await opened.store.clients.list()).toHaveLength(1);
    });

    test("twenty logins at once all enter one offline session, by compare-and-swap", async () => {
      const { store } = opened;
      await store.offlineSessions.create({ ...OFFLINE, refresh: {} });
      await Promise.all(Array.from({ length: 20 }, (_, index) => addClient(store, `client-${index}`)));
      const session = await store.offlineSessions.find("local\nuser-1");
      expect(Object.keys(session?.refresh ?? {}).sort()).toEqual(
        Array.from({ length: 20 }, (_, index) => `client-${index}`).sort(),
      );
    });

    test("the parts of an offline session's key do not run into each other", async () => {
      await opened.store.offlineSessions.create({ userId: "c", connectorId: "ab", refresh: {} });
      await opened.store.offlineSessions.create({ userId: "bc", connectorId: "a", refresh: {} });
      expect((await opened.store.offlineSessions.find("a\nbc"))?.userId).toBe("bc");
      expect((await opened.store.offlineSessions.find("ab\nc"))?.userId).toBe("c");
      expect(await opened.store.offlineSessions.find("abc")).toBeUndefined();
    });

    test("a client named like a part of every object is a client like any other", async () => {
      const ref = { id: "rt-1", clientId: "__proto__", createdAt: 1, lastUsed: 2 };
      const session = { ...OFFLINE, refresh: Object.fromEntries([["__proto__", ref]]) };
      await opened.store.offlineSessions.create(session);
      const found = await opened.store.offlineSessions.find("local\nuser-1");
      expect(Object.entries(found?.refresh ?? {})).toEqual([["__proto__", ref]]);
    });

    test("exactly one of many starts makes the first keys, and rotation compares", async () => {
      const { keys } = opened.store;
      expect(await keys.find()).toBeUndefined();
      expect(await keys.replace(KEYS, KEYS)).toBe(false);
      const wins = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          keys.replace(undefined, { ...KEYS, nextRotation: 1_900_000_000 + index }),
        ),
      );
      expect(wins.filter(Boolean)).toHaveLength(1);
      const stored = await keys.find();
      expect(stored).toEqual({ ...KEYS, nextRotation: 1_900_000_000 + wins.indexOf(true) });
      expect(await keys.replace(undefined, KEYS)).toBe(false);
      expect(await keys.replace({ ...KEYS, nextRotation: 5 }, KEYS)).toBe(false);
      expect(await keys.replace(stored, { ...KEYS, verificationKeys: [] })).toBe(true);
      expect(await keys.find()).toEqual({ ...KEYS, verificationKeys: [] });
    });

    test("keys without a signing key", async () => {
      expect(await opened.store.keys.replace(undefined, { verificationKeys: [], nextRotation: 0 })).toBe(true);
      expect(await opened.store.keys.find()).toStrictEqual({ verificationKeys: [], nextRotation: 0 });
    });

    test("a lease has one holder until it ends or is released", async () => {
      const { leases } = opened.store;
      expect(await leases.acquire("refresh:s1", "replica-a", 10)).toBe(true);
      expect(await leases.acquire("refresh:s1", "replica-b", 10)).toBe(false);
      expect(await leases.acquire("refresh:s2", "replica-b", 10)).toBe(true);
      now += 9;
      expect(await leases.acquire("refresh:s1", "replica-a", 10)).toBe(true); // extended
      now += 9;
      expect(await leases.acquire("refresh:s1", "replica-b", 10)).toBe(false);
      now += 1;
      expect(await leases.acquire("refresh:s1", "replica-b", 10)).toBe(true); // over
      await leases.release("refresh:s1", "replica-a"); // not its own any more
      expect(await leases.acquire("refresh:s1", "replica-a", 10)).toBe(false);
      await leases.release("refresh:s1", "replica-b");
      expect(await leases.acquire("refresh:s1", "replica-a", 10)).toBe(true);
    });

    test("exactly one of fifty gets a lease", async () => {
      const wins = await Promise.all(
        Array.from({ length: 50 }, (_, index) => opened.store.leases.acquire("one", `holder-${index}`, 10)),
      );
      expect(wins.filter(Boolean)).toHaveLength(1);
    });

    test("what has ended is removed, at most so many of each kind, and nothing else", async () => {
      const { store } = opened;
      for (let index = 0; index < 5; index += 1) {
        await store.authRequests.create({ ...AUTH_REQUEST, id: `old-${index}`, expiry: 1_000 + index });
        await store.sessions.create({ ...SESSION, id: `old-${index}`, expiresAt: 1_000.5 + index });
      }
      await store.authRequests.create({ ...AUTH_REQUEST, id: "now", expiry: 2_000 });
      await store.authRequests.create({ ...AUTH_REQUEST, id: "never", expiry: 0 });
      await store.authCodes.create({ ...AUTH_CODE, expiry: 1_999.5 });
      await store.sessions.create({ ...SESSION, id: "never", expiresAt: 0 });
      await store.redeemedCodes.create({ ...REDEEMED, expiry: 1_999 });
      await store.revokedTokens.create({ ...REVOKED, expiry: 1_999 });
      await store.revokedTokens.create({ tokenId: "later", expiry: 2_001 });
      await store.refreshTokens.create({ ...REFRESH_TOKEN, createdAt: 1, lastUsed: 1 });
      expect(await store.removeExpired(2_000, 3)).toBe(9);
      expect(await store.removeExpired(2_000, 3)).toBe(4);
      expect(await store.removeExpired(2_000, 3)).toBe(0);
      expect((await store.authRequests.list()).map((request) => request.id).sort()).toEqual(["never", "now"]);
      expect((await store.sessions.list()).map((session) => session.id)).toEqual(["never"]);
      expect(await store.authCodes.list()).toEqual([]);
      expect(await store.redeemedCodes.list()).toEqual([]);
      expect((await store.revokedTokens.list()).map((token) => token.tokenId)).toEqual(["later"]);
      expect(await store.refreshTokens.list()).toHaveLength(1);
    });

    test("what ends now has not ended", async () => {
      const { store } = opened;
      await store.deviceRequests.create({ ...DEVICE_REQUEST, userCode: "now", expiry: 2_000 });
      await store.deviceRequests.create({ ...DEVICE_REQUEST, userCode: "before", expiry: 1_999.999 });
      await store.deviceRequests.create({ ...DEVICE_REQUEST, userCode: "never", expiry: 0 });
      await store.deviceTokens.create({ ...DEVICE_TOKEN, deviceCode: "before", expiry: 1_999 });
      await store.leases.acquire("held", "a", 10);
      expect(await store.removeExpired(2_000, 100)).toBe(2);
      expect((await store.deviceRequests.list()).map((request) => request.userCode).sort()).toEqual(["never", "now"]);
      expect(await store.deviceTokens.list()).toEqual([]);
      expect(await store.removeExpired(now + 11, 100)).toBe(2); // the request, and the lease
    });

    test("two hundred changes by twenty at once lose none", async () => {
      const { sessions } = opened.store;
      await sessions.create({ ...SESSION, lastSeenAt: 0 });
      const count = async (): Promise<void> => {
        for (let done = 0; done < 10;) {
          const session = await sessions.find("s-1");
          if (session === undefined) throw new Error("the session is gone");
          if (await sessions.replace(session, { ...session, lastSeenAt: session.lastSeenAt + 1 })) done += 1;
        }
      };
      await Promise.all(Array.from({ length: 20 }, count));
      expect((await sessions.find("s-1"))?.lastSeenAt).toBe(200);
    });

    test("what was read is not what is stored", async () => {
      await opened.store.refreshTokens.create(REFRESH_TOKEN);
      const found = await opened.store.refreshTokens.find("rt-1");
      found?.connectorData?.fill(0);
      expect(await opened.store.refreshTokens.find("rt-1")).toEqual(REFRESH_TOKEN);
    });

    test("answers a ping", async () => {
      expect(await opened.store.ping()).toBeUndefined();
    });

    test("two replicas on one store agree", async () => {
      if (opened.reopen === undefined) return;
      const other = await opened.reopen();
      try {
        await opened.store.authCodes.create(AUTH_CODE);
        expect(await other.authCodes.find("code-1")).toEqual(AUTH_CODE);
        const wins = await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            (index % 2 === 0 ? opened.store : other).authCodes.remove(AUTH_CODE),
          ),
        );
        expect(wins.filter(Boolean)).toHaveLength(1);
        expect(await opened.store.authCodes.find("code-1")).toBeUndefined();

        const first = await Promise.all([
          opened.store.keys.replace(undefined, KEYS),
          other.keys.replace(undefined, KEYS),
        ]);
        expect(first.filter(Boolean)).toHaveLength(1);
        expect(await other.leases.acquire("one", "b", 10)).toBe(true);
        expect(await opened.store.leases.acquire("one", "a", 10)).toBe(false);
        await opened.store.offlineSessions.create({ ...OFFLINE, refresh: {} });
        await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            addClient(index % 2 === 0 ? opened.store : other, `client-${index}`),
          ),
        );
        expect(Object.keys((await other.offlineSessions.find("local\nuser-1"))?.refresh ?? {})).toHaveLength(10);
      } finally {
        await other.close();
      }
      expect(await opened.store.keys.find()).toEqual(KEYS);
    });

    test("the next start finds what the last one stored", async () => {
      if (opened.reopen === undefined) return;
      await opened.store.sessions.create(SESSION);
      await opened.store.close();
      const next = await opened.reopen();
      try {
        expect(await next.sessions.find("s-1")).toEqual(SESSION);
      } finally {
        await next.close();
      }
    });
  });
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

interface Sample<T> {
  readonly value: T;
  /** The same key, another content. */
  readonly next: T;
  readonly keyOf: (value: T) => string;
}

function collectionTests<T>(name: string, collection: () => Collection<T>, sample: Sample<T>): void {
  const { value, next, keyOf } = sample;
  const key = keyOf(value);
  const read = async (): Promise<unknown> => collection().find(key);
  const all = async (): Promise<unknown> => collection().list();

  describe(name, () => {
    test("creates, finds and lists", async () => {
      expect(await read()).toBeUndefined();
      expect(await all()).toEqual([]);
      await collection().create(value);
      expect(await read()).toEqual(value);
      expect(await collection().find(`${key}x`)).toBeUndefined();
      expect(await all()).toEqual([value]);
    });

    test("refuses a key that is taken", async () => {
      await collection().create(value);
      const error = await collection()
        .create(next)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ reason: "conflict" });
      expect(await read()).toEqual(value);
    });

    test("replaces what is still the same, once", async () => {
      expect(await collection().replace(value, next)).toBe(false);
      expect(await read()).toBeUndefined();
      await collection().create(value);
      expect(await collection().replace(structuredClone(value), next)).toBe(true);
      expect(await read()).toEqual(next);
      expect(await collection().replace(value, next)).toBe(false);
      expect(await collection().replace(next, value)).toBe(true);
      expect(await all()).toEqual([value]);
    });

    test("removes what is still the same, once", async () => {
      expect(await collection().remove(value)).toBe(false);
      await collection().create(value);
      expect(await collection().remove(next)).toBe(false);
      expect(await collection().remove(structuredClone(value))).toBe(true);
      expect(await collection().remove(value)).toBe(false);
      expect(await all()).toEqual([]);
      await collection().create(next);
      expect(await read()).toEqual(next);
    });
  });
}

/** What a login does: read, add its own, replace, and read again when somebody was faster. */
async function addClient(store: Store, clientId: string): Promise<void> {
  for (;;) {
    const session = await store.offlineSessions.find("local\nuser-1");
    if (session === undefined) throw new Error("the offline session is gone");
    const ref = { id: `rt-${clientId}`, clientId, createdAt: 1_800_000_000.5, lastUsed: 1_800_000_000.5 };
    const next = { ...session, refresh: { ...session.refresh, [clientId]: ref } };
    if (await store.offlineSessions.replace(session, next)) return;
  }
}

const CLIENT: Client = {
  id: "wiki",
  secret: "s3cret",
  redirectUris: ["https://wiki.example.com/cb", "http://127.0.0.1/cb"],
  trustedPeers: ["grafana"],
  public: true,
  name: "Wiki",
  logoUrl: "https://wiki.example.com/logo.png",
  allowedConnectors: ["local"],
  postLogoutRedirectUris: ["https://wiki.example.com/"],
};

const BARE_CLIENT: Client = {
  id: "bare",
  secret: "",
  redirectUris: [],
  trustedPeers: [],
  public: false,
  name: "",
  logoUrl: "",
  allowedConnectors: [],
  postLogoutRedirectUris: [],
};

const CLAIMS = {
  userId: "user-1",
  username: "Jane Doe",
  preferredUsername: "jane",
  email: "jane@example.com",
  emailVerified: true,
  groups: ["admins", "dev"],
};

const AUTH_REQUEST: AuthRequest = {
  id: "req-1",
  clientId: "wiki",
  responseTypes: ["code"],
  scopes: ["openid", "email"],
  redirectUri: "https://wiki.example.com/cb",
  nonce: "n-1",
  state: "st-1",
  forceApprovalPrompt: true,
  loggedIn: false,
  claims: CLAIMS,
  connectorId: "local",
  connectorData: Uint8Array.of(1, 0, 255),
  expiry: 1_800_086_400.25,
  codeChallenge: "VLdPo7dRMXA8V_FxhD3Fi37GM4EMHUFGl6ezFNX8bV0",
  codeChallengeMethod: "S256",
  hmacKey: "ain7n7fc5ldme5tioygoxepz32ecg5gep3yzyscjiozyodxsnny",
  prompt: "login",
  maxAge: 300,
  authTime: 1_800_000_000,
};

const LOGGED_IN: AuthRequest = { ...AUTH_REQUEST, loggedIn: true, claims: { ...CLAIMS, groups: [] } };

const BARE_AUTH_REQUEST: AuthRequest = {
  id: "bare",
  clientId: "",
  responseTypes: [],
  scopes: [],
  redirectUri: "",
  nonce: "",
  state: "",
  forceApprovalPrompt: false,
  loggedIn: false,
  claims: { userId: "", username: "", preferredUsername: "", email: "", emailVerified: false, groups: [] },
  connectorId: "",
  expiry: 0,
  codeChallenge: "",
  codeChallengeMethod: "",
  hmacKey: "",
  prompt: "",
  maxAge: -1,
  authTime: 0,
};

const AUTH_CODE: AuthCode = {
  id: "code-1",
  clientId: "wiki",
  scopes: ["openid", "offline_access"],
  nonce: "n-1",
  redirectUri: "https://wiki.example.com/cb",
  claims: CLAIMS,
  connectorId: "local",
  connectorData: Uint8Array.of(123, 125),
  expiry: 1_800_001_800,
  codeChallenge: "abc",
  codeChallengeMethod: "plain",
  authTime: 1_799_999_999.75,
};

const REFRESH_TOKEN: RefreshToken = {
  id: "rt-1",
  clientId: "wiki",
  scopes: ["openid", "offline_access"],
  nonce: "n-1",
  claims: CLAIMS,
  connectorId: "local",
  connectorData: Uint8Array.of(0, 1, 2),
  token: "secret",
  obsoleteToken: "",
  createdAt: 1_800_000_000.125,
  lastUsed: 1_800_000_000.125,
};

const ROTATED: RefreshToken = { ...REFRESH_TOKEN, token: "secret-2", obsoleteToken: "secret", lastUsed: 1_800_000_500 };

const OFFLINE: OfflineSession = {
  userId: "user-1",
  connectorId: "local",
  refresh: { wiki: { id: "rt-1", clientId: "wiki", createdAt: 1_800_000_000.125, lastUsed: 0 } },
  connectorData: Uint8Array.of(9),
};

const TWO_CLIENTS: OfflineSession = {
  ...OFFLINE,
  refresh: {
    ...OFFLINE.refresh,
    grafana: { id: "rt-2", clientId: "grafana", createdAt: 1_800_000_001, lastUsed: 1_800_000_002 },
  },
};

const PASSWORD: Password = {
  email: "jane@example.com",
  hash: "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W",
  username: "jane",
  name: "Jane Doe",
  preferredUsername: "jd",
  emailVerified: true,
  userId: "user-1",
  groups: ["staff"],
};

const CONNECTOR: StoredConnector = {
  id: "github",
  type: "github",
  name: "GitHub",
  resourceVersion: "1",
  config: new TextEncoder().encode('{"clientID":"a", "redirectURI":"https://ü/cb"}'),
  grantTypes: ["authorization_code"],
};

const DEVICE_REQUEST: DeviceRequest = {
  userCode: "ABCD-EFGH",
  deviceCode: "device-1",
  clientId: "tv",
  clientSecret: "s",
  scopes: ["openid"],
  expiry: 1_800_000_300.5,
};

const DEVICE_TOKEN: DeviceToken = {
  deviceCode: "device-1",
  status: "pending",
  token: "",
  expiry: 1_800_000_300.5,
  lastRequest: 0,
  pollInterval: 5,
  codeChallenge: "abc",
  codeChallengeMethod: "S256",
};

const PERSONAL_CLAIMS: PersonalClaims = {
  userId: "user-1",
  connectorId: "local",
  claims: { given_name: "Jané", picture: null, phone: { verified: true, number: 1.5 }, roles: ["a", "b"] },
};

const REDEEMED: RedeemedCode = {
  codeId: "code-1",
  refreshTokenId: "rt-1",
  tokenIds: ["j1", "j2"],
  expiry: 1_800_001_800,
};

const REVOKED: RevokedToken = { tokenId: "j1", expiry: 1_800_086_400 };

const SESSION: SessionRecord = {
  id: "s-1",
  secretHash: "Zm9v",
  connectorId: "local",
  userId: "user-1",
  username: "Jane Doe",
  preferredUsername: "jane",
  email: "jane@example.com",
  emailVerified: true,
  groups: ["admins"],
  sealedTokens: "sealed",
  tokensExpireAt: 0,
  createdAt: 1_800_000_000.123,
  lastSeenAt: 1_800_000_000.123,
  refreshedAt: 1_800_000_000.123,
  expiresAt: 1_800_604_800.123,
};

const KEYS: SigningKeys = {
  signingKey: { kty: "EC", crv: "P-256", kid: "k1", d: "secret", x: "x", y: "y" },
  signingKeyPub: { kty: "EC", crv: "P-256", kid: "k1", x: "x", y: "y" },
  verificationKeys: [{ publicKey: { kty: "RSA", kid: "k0", n: "n", e: "AQAB" }, expiry: 1_800_021_600.5 }],
  nextRotation: 1_800_021_600,
};
