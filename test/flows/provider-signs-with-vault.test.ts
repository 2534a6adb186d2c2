import { afterEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { type JWTVerifyResult, calculateJwkThumbprint, createRemoteJWKSet, jwtVerify } from "jose";

import { Secret } from "../../src/protocol/secret.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { startDexServer } from "../support/dex-server.ts";
import { type FakeVault, VAULT_KEY, type VaultKeyType, startFakeVault } from "../support/fake-vault.ts";
import type { GatehouseProcess } from "../support/gatehouse.ts";
import {
  type JsonAnswer,
  type ProviderServerOptions,
  codeFrom,
  movableClock,
  redeem,
  startProvider,
} from "../support/provider-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

function vaultWith(type: VaultKeyType): FakeVault {
  const vault = startFakeVault(type);
  cleanups.push(vault.remove);
  return vault;
}

type Options = Partial<ProviderServerOptions> & { readonly issuer?: string; readonly address?: string };

function start(vault: FakeVault, { issuer, address = vault.address, ...options }: Options = {}): string {
  const signing = { type: "vault", address, token: new Secret(vault.token), keyName: VAULT_KEY } as const;
  const settings = { signing, ...(issuer === undefined ? {} : { issuer }) };
  const server = startProvider({ store: createMemoryStore(), ...options, settings });
  cleanups.push(server.stop);
  return server.issuer;
}

async function signIn(issuer: string): Promise<JsonAnswer> {
  return redeem(issuer, await codeFrom(issuer));
}

/** As a client does: with the published keys, and with the algorithm that discovery lists. */
async function verified(issuer: string, token: unknown): Promise<JWTVerifyResult> {
  const discovery = await json(`${issuer}/.well-known/openid-configuration`);
  return jwtVerify(String(token), createRemoteJWKSet(new URL(`${issuer}/keys`)), {
    algorithms: discovery.id_token_signing_alg_values_supported ?? [],
  });
}

interface Document {
  readonly id_token_signing_alg_values_supported?: string[];
  readonly keys?: readonly { readonly kid: string; readonly kty: string; readonly alg: string }[];
}

async function json(url: string): Promise<Document> {
  return JSON.parse(await (await fetch(url)).text());
}

const kidsOf = async (issuer: string): Promise<readonly string[]> =>
  ((await json(`${issuer}/keys`)).keys ?? []).map(({ kid }) => kid);

async function userinfoStatus(issuer: string, { body }: JsonAnswer): Promise<number> {
  const headers = { authorization: `Bearer ${String(body["access_token"])}` };
  return (await fetch(`${issuer}/userinfo`, { headers })).status;
}

const UNAVAILABLE = { status: 503, body: { error: "temporarily_unavailable" } };

describe("tokens signed by Vault", () => {
  const kinds: readonly [VaultKeyType, string, string][] = [
    ["rsa-2048", "RS256", "sha256"],
    ["ecdsa-p256", "ES256", "sha256"],
    ["ecdsa-p384", "ES384", "sha384"],
    ["ecdsa-p521", "ES512", "sha512"],
    ["ed25519", "EdDSA", "sha512"],
  ];
  test.each(kinds)("with %s are verified as %s", async (type, algorithm, hash) => {
    const issuer = start(vaultWith(type));
    const answer = await signIn(issuer);
    const { keys = [] } = await json(`${issuer}/keys`);
    expect(keys).toMatchObject([{ use: "sig", alg: algorithm }]);
    const kid = await calculateJwkThumbprint(keys[0] ?? {});
    expect(keys[0]?.kid).toBe(kid);
    const idToken = await verified(issuer, answer.body["id_token"]);
    expect(idToken.protectedHeader).toEqual({ alg: algorithm, kid });
    const digest = createHash(hash).update(String(answer.body["access_token"])).digest();
    expect(idToken.payload["at_hash"]).toBe(digest.subarray(0, digest.length / 2).toString("base64url"));
    expect((await verified(issuer, answer.body["access_token"])).protectedHeader.alg).toBe(algorithm);
    expect(await userinfoStatus(issuer, answer)).toBe(200);
    const [head, payload, signature = ""] = String(answer.body["access_token"]).split(".");
    const forged = `${head}.${payload}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    expect(await userinfoStatus(issuer, { status: 0, body: { access_token: forged } })).toBe(403);
  });

  test("many at once ask for the keys once", async () => {
    const vault = vaultWith("ed25519");
    const issuer = start(vault);
    await Promise.all(Array.from({ length: 20 }, () => kidsOf(issuer)));
    expect(vault.asked).toEqual([`GET /v1/transit/keys/${VAULT_KEY}`]);
  });

  test("where a standby sends us on to the active one", async () => {
    const vault = vaultWith("ecdsa-p256");
    const standby = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: ({ url }) => Response.redirect(`${vault.address}${new URL(url).pathname}`, 307),
    });
    cleanups.push(() => standby.stop(true));
    const issuer = start(vault, { address: `http://127.0.0.1:${standby.port}/` });
    expect((await verified(issuer, (await signIn(issuer)).body["id_token"])).protectedHeader.alg).toBe("ES256");
  });
});

describe("when Vault rotates", () => {
  test("the new version signs, and the old one still verifies", async () => {
    const [vault, clock] = [vaultWith("ecdsa-p256"), movableClock()];
    const issuer = start(vault, { clock: clock.now });
    const before = await signIn(issuer);
    const [old] = await kidsOf(issuer);
    vault.rotate();
    // We have not looked yet: a token must not say one key and be signed by the other.
    const between = await signIn(issuer);
    expect((await verified(issuer, between.body["id_token"])).protectedHeader.kid).toBe(old ?? "");
    clock.move(6);
    const after = await signIn(issuer);
    const kids = await kidsOf(issuer);
    expect(kids).toEqual([expect.any(String), old ?? ""]);
    expect((await verified(issuer, after.body["id_token"])).protectedHeader.kid).toBe(kids[0] ?? "");
    for (const answer of [before, between, after]) {
      await verified(issuer, answer.body["id_token"]);
      expect(await userinfoStatus(issuer, answer)).toBe(200);
    }
  });

  test("a token that another replica had signed by the new version is believed at once", async () => {
    const [vault, store, issuer] = [vaultWith("ed25519"), createMemoryStore(), "http://provider.test/dex"];
    const [left, right] = [start(vault, { store, issuer }), start(vault, { store, issuer })];
    await kidsOf(left);
    vault.rotate();
    // The other one has looked in between: it was asked about a token it did not know.
    expect(await userinfoStatus(right, { status: 0, body: { access_token: "e30.e30.e30" } })).toBe(403);
    expect(await userinfoStatus(left, await signIn(right))).toBe(200);
  });

  test("a version that may sign no more is left after one refusal", async () => {
    const vault = vaultWith("ecdsa-p384");
    const issuer = start(vault);
    await signIn(issuer);
    vault.rotate();
    vault.requireVersion(2);
    expect(await signIn(issuer)).toMatchObject(UNAVAILABLE);
    expect(await signIn(issuer)).toMatchObject({ status: 200 });
  });
});

describe("when Vault is down", () => {
  test("at the start: clients are told to come again, and discovery answers", async () => {
    const vault = vaultWith("ed25519");
    await vault.stop();
    const issuer = start(vault);
    const answer = await fetch(`${issuer}/keys`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    const discovery = await json(`${issuer}/.well-known/openid-configuration`);
    expect(discovery.id_token_signing_alg_values_supported).toEqual(["RS256"]);
    expect(await signIn(issuer)).toMatchObject(UNAVAILABLE);
    vault.start();
    expect((await verified(issuer, (await signIn(issuer)).body["id_token"])).protectedHeader.alg).toBe("EdDSA");
  });

  const ways: readonly [string, (vault: FakeVault) => unknown, (vault: FakeVault) => void][] = [
    ["it is sealed", (vault) => vault.seal(true), (vault) => vault.seal(false)],
    ["it is gone", (vault) => vault.stop(), (vault) => vault.start()],
  ];
  test.each(ways)("later: %s, and tokens are verified as before", async (_how, break_, mend) => {
    const [vault, clock] = [vaultWith("rsa-2048"), movableClock()];
    const issuer = start(vault, { clock: clock.now });
    const [answer, kids] = [await signIn(issuer), await kidsOf(issuer)];
    await break_(vault);
    clock.move(60);
    expect(await kidsOf(issuer)).toEqual(kids);
    await verified(issuer, answer.body["id_token"]);
    expect(await userinfoStatus(issuer, answer)).toBe(200);
    expect(await signIn(issuer)).toMatchObject(UNAVAILABLE);
    mend(vault);
    expect(await signIn(issuer)).toMatchObject({ status: 200 });
  });
});

describe("gatehouse dex serve", () => {
  const served = async (config: Readonly<Record<string, string>>) => {
    const server = await startDexServer({ sections: { signer: { type: "vault", config } } });
    cleanups.push(() => server.stop());
    return server;
  };

  /** A line may still be on its way while the server runs. */
  const wholeLog = async (running: GatehouseProcess): Promise<string> => {
    await running.end();
    return running.output();
  };

  test("signs with Vault", async () => {
    const vault = vaultWith("ecdsa-p256");
    const { issuer, process } = await served({ addr: vault.address, token: vault.token, keyName: VAULT_KEY });
    expect((await json(`${issuer}/keys`)).keys).toMatchObject([{ alg: "ES256" }]);
    expect(await wholeLog(process)).toContain('msg="signer configured" type=vault\n');
  });

  test("a key that is not there: the log says so", async () => {
    const vault = vaultWith("ecdsa-p256");
    const server = await served({ addr: vault.address, token: vault.token, keyName: "other" });
    expect((await fetch(`${server.issuer}/keys`)).status).toBe(503);
    expect(await wholeLog(server.process)).toContain("Vault answered 404 to keys/other: there is no such key");
  });

  test("a token that Vault does not let in: the log says so, and does not say the token", async () => {
    const vault = vaultWith("ecdsa-p256");
    const wrong = "hvs.another-token";
    const server = await served({ addr: vault.address, token: wrong, keyName: VAULT_KEY });
    expect((await fetch(`${server.issuer}/keys`)).status).toBe(503);
    const log = await wholeLog(server.process);
    expect(log).toContain("permission denied");
    expect(log).not.toContain(wrong);
  });
});
