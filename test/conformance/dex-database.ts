import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Store } from "../../src/store/ports.ts";

/** Databases that real dex programs wrote. */
export const VECTORS = join(import.meta.dir, "..", "vectors", "dex");

/** Clients of the configurations beside the databases: not in the store. */
const STATIC_CLIENTS = ["static-app", "static-public", "device-app", "mfa-app"];

/** What the vector file says that was written; only what is looked at here. */
export function readExpected(name: string): Expected {
  return JSON.parse(readFileSync(join(VECTORS, name, "expect.json"), "utf8")) as Expected;
}

/** The store holds what dex wrote. */
export async function expectAll(store: Store, expected: Expected): Promise<void> {
  for (const { refresh_token, client_id, scope, connector } of expected.refresh_tokens_that_must_work) {
    const [id, secret] = refreshTokenParts(refresh_token);
    const token = await store.refreshTokens.find(id);
    expect(token).toMatchObject({ id, token: secret, clientId: client_id, connectorId: connector });
    expect(token?.scopes.join(" ")).toBe(scope);
  }
  for (const [subject, { refreshTokens }] of Object.entries(expected.list_refresh)) {
    const [userId, connectorId] = refreshTokenParts(subject);
    const session = await store.offlineSessions.find(`${connectorId}\n${userId}`);
    const refs: { readonly id: string }[] = Object.values(session?.refresh ?? {}).map((ref) => ({
      id: ref.id,
      clientId: ref.clientId,
      createdAt: String(Math.floor(ref.createdAt)),
      lastUsed: String(Math.floor(ref.lastUsed)),
    }));
    expect(refs.sort(byId)).toEqual([...refreshTokens].sort(byId));
  }
  for (const client of expected.list_clients.clients.filter((listed) => !STATIC_CLIENTS.includes(listed.id))) {
    expect(await store.clients.find(client.id)).toMatchObject({
      name: client.name,
      redirectUris: client.redirectUris,
      trustedPeers: client.trustedPeers,
      public: client.public,
      logoUrl: client.logoUrl,
      allowedConnectors: [],
      postLogoutRedirectUris: [],
    });
  }
  expect((await store.clients.find("grpc-app"))?.secret).toBe("grpc-secret/+ ü");
  for (const { email, username, userId } of expected.list_passwords.passwords.filter(
    (user) => user.username !== "admin",
  )) {
    const password = await store.passwords.find(email.toUpperCase());
    expect(password).toMatchObject({ email, username, userId, name: "", preferredUsername: "", groups: [] });
    expect(password?.emailVerified).toBeUndefined();
    expect(password?.hash).toMatch(/^\$2y\$1[01]\$.{53}$/);
  }
  const keys = await store.keys.find();
  expect([keys?.signingKey?.["kid"], ...(keys?.verificationKeys ?? []).map((key) => key.publicKey["kid"])]).toEqual(
    expected.keys.map((key) => key.kid),
  );
  expect(keys?.signingKey?.["d"]).toBeString();
  expect(keys?.signingKeyPub?.["kid"]).toBe(keys?.signingKey?.["kid"]);
  expect(keys?.verificationKeys[0]?.expiry).toBeGreaterThan(2_000_000_000);
  const requests = await store.authRequests.list();
  const [waiting, loggedIn] = ["state-1", "state-2"].map((state) =>
    requests.find((request) => request.state === state),
  );
  expect(waiting).toMatchObject({ state: "state-1", loggedIn: false, connectorId: "local", maxAge: -1, authTime: 0 });
  expect(loggedIn).toMatchObject({
    state: "state-2",
    loggedIn: true,
    claims: { email: "kilgore@kilgore.trout", groups: ["authors"], preferredUsername: "" },
  });
  expect(loggedIn?.hmacKey).toMatch(/^[a-z2-7]{51,}$/);
  expect(new TextDecoder().decode(loggedIn?.connectorData)).toBe("foobar");
  expect(await store.authCodes.find(expected.code_not_yet_exchanged.code)).toMatchObject({
    clientId: "static-app",
    codeChallengeMethod: "S256",
    connectorId: "mockpw",
    scopes: ["openid", "email", "offline_access"],
  });
}

export interface Expected {
  readonly refresh_tokens_that_must_work: readonly {
    readonly refresh_token: string;
    readonly client_id: string;
    readonly scope: string;
    readonly connector: string;
  }[];
  readonly list_refresh: Readonly<Record<string, { readonly refreshTokens: readonly { readonly id: string }[] }>>;
  readonly list_clients: {
    readonly clients: readonly {
      readonly id: string;
      readonly name: string;
      readonly redirectUris: readonly string[];
      readonly trustedPeers: readonly string[];
      readonly public: boolean;
      readonly logoUrl: string;
    }[];
  };
  readonly list_passwords: {
    readonly passwords: readonly { readonly email: string; readonly username: string; readonly userId: string }[];
  };
  readonly keys: readonly { readonly kid: string }[];
  readonly code_not_yet_exchanged: { readonly code: string };
}

/** Remove everything that is listed. @returns how many. */
export async function removeAll<T>(collection: {
  list(): Promise<readonly T[]>;
  remove(value: T): Promise<boolean>;
}): Promise<number> {
  const removed = await Promise.all((await collection.list()).map((value) => collection.remove(value)));
  return removed.filter(Boolean).length;
}

/** The two fields of dex's protobuf messages (refresh token, subject): both are short strings. */
function refreshTokenParts(encoded: string): [string, string] {
  const message = Buffer.from(encoded, "base64url");
  const length = message[1] ?? 0;
  return [message.subarray(2, 2 + length).toString(), message.subarray(4 + length).toString()];
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
