import { describe, expect, test } from "bun:test";

import type { Client, Password } from "../provider/storage-model.ts";
import { createMemoryStore } from "./memory/memory-store.ts";
import { withStaticClients, withStaticPasswords } from "./static-overlay.ts";

describe("clients of the configuration", () => {
  test("win by id and are listed after the stored ones", async () => {
    const stored = createMemoryStore();
    await stored.clients.create(client("wiki", "stored"));
    await stored.clients.create(client("both", "stored"));
    const store = withStaticClients(stored, [client("both", "static"), client("only", "static")]);
    expect((await store.clients.find("both"))?.name).toBe("static");
    expect((await store.clients.find("only"))?.name).toBe("static");
    expect((await store.clients.find("wiki"))?.name).toBe("stored");
    expect(await store.clients.find("none")).toBeUndefined();
    expect((await store.clients.list()).map(({ id, name }) => `${id} ${name}`)).toEqual([
      "wiki stored",
      "both static",
      "only static",
    ]);
  });

  test("cannot be changed; stored ones can", async () => {
    const stored = createMemoryStore();
    const store = withStaticClients(stored, [client("app", "static")]);
    const app = client("app", "static");
    for (const change of [
      () => store.clients.create(app),
      () => store.clients.replace(app, { ...app, name: "changed" }),
      () => store.clients.remove(app),
    ]) {
      expect(await change().catch((error: unknown) => error)).toMatchObject({ reason: "conflict" });
    }
    expect(await stored.clients.list()).toEqual([]);
    const wiki = client("wiki", "stored");
    await store.clients.create(wiki);
    expect(await store.clients.replace(wiki, { ...wiki, name: "changed" })).toBe(true);
    expect((await stored.clients.find("wiki"))?.name).toBe("changed");
    expect(await store.clients.remove({ ...wiki, name: "changed" })).toBe(true);
  });

  test("everything else is the store's", async () => {
    const stored = createMemoryStore();
    const store = withStaticClients(stored, []);
    await store.revokedTokens.create({ tokenId: "t", expiry: 1 });
    expect(await stored.revokedTokens.find("t")).toEqual({ tokenId: "t", expiry: 1 });
    expect(await store.removeExpired(2, 10)).toBe(1);
    await store.ping();
    await store.close();
  });
});

test("users of the configuration are found in any spelling and win over stored ones", async () => {
  const stored = createMemoryStore();
  await stored.passwords.create(password("admin@example.com", "stored"));
  const store = withStaticPasswords(stored, [password("Admin@Example.com", "static")]);
  expect((await store.passwords.find("ADMIN@example.com"))?.name).toBe("static");
  expect((await store.passwords.list()).map(({ email, name }) => `${email} ${name}`)).toEqual([
    "admin@example.com static",
  ]);
  const change = store.passwords.remove(password("ADMIN@EXAMPLE.COM", "stored"));
  expect(await change.catch((error: unknown) => error)).toMatchObject({ reason: "conflict" });
});

function client(id: string, name: string): Client {
  return {
    id,
    secret: "",
    redirectUris: [],
    trustedPeers: [],
    public: false,
    name,
    logoUrl: "",
    allowedConnectors: [],
    postLogoutRedirectUris: [],
  };
}

function password(email: string, name: string): Password {
  return { email, hash: "h", username: "", name, preferredUsername: "", userId: "u", groups: [] };
}
