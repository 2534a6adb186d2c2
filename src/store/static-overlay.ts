import type { Client, Password } from "../provider/storage-model.ts";
import type { Collection, Store } from "./ports.ts";
import { lowerCaseEmail } from "./lower-case-email.ts";
import { StoreError } from "./store-error.ts";

/**
 * A view of a store in which the clients of the configuration stand before the stored ones: they win by id, are listed
 * after the stored ones, and cannot be changed ({@link StoreError} `conflict`). Nothing of them is written to the store.
 */
export function withStaticClients(store: Store, clients: readonly Client[]): Store {
  const clientsById = new Map(clients.map((client) => [client.id, client]));
  return { ...membersOf(store), clients: overlay(store.clients, clientsById, (client) => client.id) };
}

/** The same for users of the configuration, by lower-case e-mail address. */
export function withStaticPasswords(store: Store, passwords: readonly Password[]): Store {
  const byEmail = new Map(passwords.map(lowerCaseEmail).map((password) => [password.email, password]));
  const keyOf = (password: Password): string => password.email.toLowerCase();
  return {
    ...membersOf(store),
    passwords: overlay(store.passwords, byEmail, keyOf, (key) => key.toLowerCase()),
  };
}

/** Spelled out, because a store may be a class whose methods a spread would lose. */
function membersOf(store: Store): Store {
  return {
    clients: store.clients,
    authRequests: store.authRequests,
    authCodes: store.authCodes,
    refreshTokens: store.refreshTokens,
    offlineSessions: store.offlineSessions,
    passwords: store.passwords,
    connectors: store.connectors,
    deviceRequests: store.deviceRequests,
    deviceTokens: store.deviceTokens,
    personalClaims: store.personalClaims,
    keys: store.keys,
    redeemedCodes: store.redeemedCodes,
    revokedTokens: store.revokedTokens,
    sessions: store.sessions,
    leases: store.leases,
    removeExpired: (now, limit) => store.removeExpired(now, limit),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}

function overlay<T>(
  stored: Collection<T>,
  fixed: ReadonlyMap<string, T>,
  keyOf: (value: T) => string,
  normalKey: (key: string) => string = (key) => key,
): Collection<T> {
  const refuseFixed = (value: T): void => {
    const key = keyOf(value);
    if (fixed.has(key)) throw new StoreError("conflict", new Error(`${key} is set by the configuration: read-only`));
  };
  return {
    find: async (key) => fixed.get(normalKey(key)) ?? stored.find(key),
    list: async () => [...(await stored.list()).filter((value) => !fixed.has(keyOf(value))), ...fixed.values()],
    create: async (value) => {
      refuseFixed(value);
      return stored.create(value);
    },
    replace: async (current, next) => {
      refuseFixed(current);
      return stored.replace(current, next);
    },
    remove: async (current) => {
      refuseFixed(current);
      return stored.remove(current);
    },
  };
}
