import { type KeyObject, createHash, createPublicKey } from "node:crypto";

import type { VaultConfiguration } from "../../config/provider-configuration.ts";
import { describeCause } from "../../http/error-response.ts";
import type { Clock } from "../../protocol/clock.ts";
import { goJson } from "../../protocol/go-json.ts";
import type { Log } from "../../telemetry/log.ts";
import type { KeyKeeper, KeySet } from "./create-signing-keys.ts";
import { publicJwk } from "./generate-key.ts";
import { type Transit, type TransitKey, createTransit, unavailable } from "./vault-transit.ts";

export interface VaultKeysDeps {
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a process goes on with what it has read. */
const FRESH_SECONDS = 5;

/**
 * Keys that never leave Vault. Its newest version signs; all versions that it lists verify and are published. While it is down, tokens
 * are verified with what was read before, and none can be signed.
 */
export function createVaultKeys(deps: VaultKeysDeps, vault: VaultConfiguration): KeyKeeper {
  const transit = createTransit(deps.fetch, vault);
  const tell = createTell(deps.log, vault);
  let held: KeySet | undefined;
  let freshUntil = 0;
  let reading: Promise<KeySet> | undefined;
  const read = async (): Promise<KeySet> => {
    try {
      held = keySetOf(transit, await transit.readKey(), () => (freshUntil = 0));
      tell(undefined);
      return held;
    } catch (error) {
      tell(error);
      throw error;
    } finally {
      freshUntil = deps.clock() + FRESH_SECONDS;
      reading = undefined;
    }
  };
  // However many wait: one question.
  const reread = (): Promise<KeySet> => (reading ??= read());
  const rereadOrHeld = (): Promise<KeySet> =>
    reread().catch((error: unknown) => {
      if (held === undefined) throw error;
      return held;
    });
  return {
    current: () => (held !== undefined && deps.clock() < freshUntil ? held : rereadOrHeld()),
    reread,
    rotateIfDue: async () => void (await rereadOrHeld()),
  };
}

/** Tells the log when Vault fails and when it is back, not each time it is asked meanwhile. */
function createTell(log: Log, { address, keyName }: VaultConfiguration): (error: unknown) => void {
  let isDown = false;
  return (error) => {
    if (error !== undefined && !isDown) {
      log.warn("vault gives no signing keys", { address, key: keyName, cause: describeCause(error) });
    }
    if (error === undefined && isDown) log.info("vault gives signing keys again", { address, key: keyName });
    isDown = error !== undefined;
  };
}

/** @param onRefusal called when a signature was not made: perhaps that version may sign no more. */
function keySetOf(transit: Transit, { latestVersion, publicKeys }: TransitKey, onRefusal: () => void): KeySet {
  const versions = [...publicKeys].flatMap(([version, text]) => versionOf(version, text) ?? []);
  const newest = versions.find(({ version }) => version === latestVersion);
  if (newest === undefined) {
    throw unavailable(
      `version ${latestVersion} of the key in Vault is no RSA, ECDSA or ed25519 key that can sign tokens`,
    );
  }
  const { kid, algorithm } = newest;
  const sign = (input: Uint8Array): Promise<Uint8Array> =>
    transit.sign(latestVersion, algorithm, input).catch((error: unknown) => {
      onRefusal();
      throw error;
    });
  return {
    signing: { kid, algorithm, sign },
    verifying: new Map(versions.map((one) => [one.kid, one] as const)),
    jwks: goJson({ keys: versions.toSorted((a, b) => b.version - a.version).map(({ jwk }) => jwk) }, 2),
  };
}

interface Version {
  readonly version: number;
  readonly kid: string;
  readonly algorithm: string;
  readonly key: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** @returns undefined for a key that no token can be signed with. */
function versionOf(version: number, text: string): Version | undefined {
  const key = parsePublicKey(text);
  const algorithm = key === undefined ? undefined : algorithmOf(key);
  if (key === undefined || algorithm === undefined) return undefined;
  const kid = thumbprint(key);
  return { version, kid, algorithm, key, jwk: publicJwk(key, kid, algorithm) };
}

/** PEM, or base64 of an Ed25519 key: its bare 32 bytes or a whole SubjectPublicKeyInfo. */
function parsePublicKey(text: string): KeyObject | undefined {
  try {
    if (text.includes("-----BEGIN")) return createPublicKey(text);
    const bytes = Buffer.from(text, "base64");
    if (bytes.length !== 32) return createPublicKey({ key: bytes, format: "der", type: "spki" });
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") }, format: "jwk" });
  } catch {
    return undefined;
  }
}

/** RFC 7518 §3.1, RFC 8037 §3.1. */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === "rsa") return "RS256";
  if (asymmetricKeyType === "ed25519") return "EdDSA";
  return asymmetricKeyType === "ec" ? CURVES.get(asymmetricKeyDetails?.namedCurve ?? "") : undefined;
}

const CURVES: ReadonlyMap<string, string> = new Map([
  ["prime256v1", "ES256"],
  ["secp384r1", "ES384"],
  ["secp521r1", "ES512"],
]);

/** RFC 7638 §3: the members that each kind of key must have, by name. */
function thumbprint(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: "jwk" });
  return createHash("sha256").update(JSON.stringify({ crv, e, kty, n, x, y })).digest("base64url");
}
