import { systemClock, type Clock } from "../../protocol/clock.ts";
import type { Password } from "../../provider/storage-model.ts";
import { lowerCaseEmail } from "../lower-case-email.ts";
import { offlineSessionKey, type Collection, type Leases, type Singleton, type Store } from "../ports.ts";
import { copyValue } from "../copy-value.ts";
import { sameValue } from "../same-value.ts";
import { StoreError } from "../store-error.ts";

/**
 * A store that ends with the process: for trials, tests, and dex's `memory` storage. Values are copied on their way in
 * and out, so nobody changes what is stored by changing what was read.
 *
 * @param deps.clock decides when a lease ends. Default: the system's clock.
 */
export function createMemoryStore(deps: { readonly clock?: Clock } = {}): Store {
  const authRequests = createShelf<Store["authRequests"]>((request) => request.id);
  const authCodes = createShelf<Store["authCodes"]>((code) => code.id);
  const deviceRequests = createShelf<Store["deviceRequests"]>((request) => request.userCode);
  const deviceTokens = createShelf<Store["deviceTokens"]>((token) => token.deviceCode);
  const redeemedCodes = createShelf<Store["redeemedCodes"]>((code) => code.codeId);
  const revokedTokens = createShelf<Store["revokedTokens"]>((token) => token.tokenId);
  const sessions = createShelf<Store["sessions"]>((session) => session.id);
  const leases = new Map<string, Lease>();
  return {
    clients: createShelf<Store["clients"]>((client) => client.id),
    authRequests,
    authCodes,
    refreshTokens: createShelf<Store["refreshTokens"]>((token) => token.id),
    offlineSessions: createShelf<Store["offlineSessions"]>(offlineSessionKey),
    passwords: createPasswordShelf(),
    connectors: createShelf<Store["connectors"]>((connector) => connector.id),
    deviceRequests,
    deviceTokens,
    personalClaims: createShelf<Store["personalClaims"]>(offlineSessionKey),
    keys: createSingleton(),
    redeemedCodes,
    revokedTokens,
    sessions,
    leases: createLeases(leases, deps.clock ?? systemClock),
    removeExpired: async (now, limit) =>
      removeEnded(authRequests.values, (request) => endedBefore(request.expiry, now), limit) +
      removeEnded(authCodes.values, (code) => endedBefore(code.expiry, now), limit) +
      removeEnded(deviceRequests.values, (request) => endedBefore(request.expiry, now), limit) +
      removeEnded(deviceTokens.values, (token) => endedBefore(token.expiry, now), limit) +
      removeEnded(redeemedCodes.values, (code) => endedBefore(code.expiry, now), limit) +
      removeEnded(revokedTokens.values, (token) => endedBefore(token.expiry, now), limit) +
      removeEnded(sessions.values, (session) => endedBefore(session.expiresAt, now), limit) +
      removeEnded(leases, (lease) => endedBefore(lease.expiresAt, now), limit),
    ping: async () => undefined,
    close: async () => undefined,
  };
}

interface Lease {
  readonly holder: string;
  readonly expiresAt: number;
}

type Kept<C> = C extends Collection<infer T> ? T : never;
type Shelf<T> = Collection<T> & { readonly values: Map<string, T> };

function createShelf<C>(keyOf: (value: Kept<C>) => string): Shelf<Kept<C>> {
  const values = new Map<string, Kept<C>>();
  const isStored = (value: Kept<C>): boolean => sameValue(values.get(keyOf(value)), value);
  return {
    values,
    find: async (key) => copyValue(values.get(key)),
    list: async () => [...values.values()].map((value) => copyValue(value)),
    create: async (value) => {
      const key = keyOf(value);
      if (values.has(key)) throw new StoreError("conflict", new Error("the memory store has this key already"));
      values.set(key, copyValue(value));
    },
    replace: async (current, next) => {
      if (!isStored(current)) return false;
      values.set(keyOf(current), copyValue(next));
      return true;
    },
    remove: async (current) => isStored(current) && values.delete(keyOf(current)),
  };
}

function createPasswordShelf(): Collection<Password> {
  const shelf = createShelf<Store["passwords"]>((password) => password.email);
  return {
    find: (email) => shelf.find(email.toLowerCase()),
    list: () => shelf.list(),
    create: (password) => shelf.create(lowerCaseEmail(password)),
    replace: (current, next) => shelf.replace(lowerCaseEmail(current), lowerCaseEmail(next)),
    remove: (current) => shelf.remove(lowerCaseEmail(current)),
  };
}

function createSingleton<T>(): Singleton<T> {
  let stored: T | undefined;
  return {
    find: async () => copyValue(stored),
    replace: async (current, next) => {
      if (!sameValue(stored, current)) return false;
      stored = copyValue(next);
      return true;
    },
  };
}

function createLeases(held: Map<string, Lease>, clock: Clock): Leases {
  return {
    acquire: async (name, holder, ttlSeconds) => {
      const now = clock();
      const lease = held.get(name);
      if (lease !== undefined && lease.holder !== holder && lease.expiresAt > now) return false;
      held.set(name, { holder, expiresAt: now + ttlSeconds });
      return true;
    },
    release: async (name, holder) => {
      if (held.get(name)?.holder === holder) held.delete(name);
    },
  };
}

function endedBefore(expiry: number, now: number): boolean {
  return expiry > 0 && expiry < now;
}

function removeEnded<T>(values: Map<string, T>, hasEnded: (value: T) => boolean, limit: number): number {
  let removed = 0;
  for (const [key, value] of values) {
    if (removed >= limit) break;
    if (!hasEnded(value)) continue;
    values.delete(key);
    removed += 1;
  }
  return removed;
}
