import { type KeyObject, createPrivateKey, createPublicKey, sign } from "node:crypto";

import type { Clock } from "../../protocol/clock.ts";
import { goJson } from "../../protocol/go-json.ts";
import type { Singleton } from "../../store/ports.ts";
import type { Log } from "../../telemetry/log.ts";
import type { SigningKeys } from "../storage-model.ts";
import { type SigningAlgorithm, generateKey } from "./generate-key.ts";
import { hashOf } from "./signature-hash.ts";

/** A key that signs, wherever it is kept. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  /**
   * The signature of a JWS signing input (RFC 7515 §5.1), in the form of RFC 7518 §3. Synchronous when the key is at hand.
   *
   * @throws {PublicError} 503 when somebody else has the key, and does not sign now.
   */
  sign(input: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** The keys as one process has them at hand. */
export interface KeySet {
  readonly signing: SigningKey;
  /** By `kid`; the signing key is among them. */
  readonly verifying: ReadonlyMap<string, { readonly algorithm: string; readonly key: KeyObject }>;
  /** The body of the JWKS document (RFC 7517 §5). */
  readonly jwks: string;
}

export interface KeyKeeper {
  /** The keys, at most five seconds old. Synchronous when they are at hand. */
  current(): KeySet | Promise<KeySet>;
  /** Read them again: a token may have been signed by a key that another replica just made. */
  reread(): Promise<KeySet>;
  /** Make a key when there is none or when its time has come, where that is ours to do. */
  rotateIfDue(): Promise<void>;
}

export interface SigningKeysDeps {
  readonly keys: Singleton<SigningKeys>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SigningKeysSettings {
  readonly algorithm: SigningAlgorithm;
  readonly rotationSeconds: number;
  /** How long a key verifies after it stopped signing: the longest life of a token. */
  readonly verifySeconds: number;
}

/** How long a process goes on with what it has read. */
const FRESH_SECONDS = 5;

export function createSigningKeys(deps: SigningKeysDeps, settings: SigningKeysSettings): KeyKeeper {
  let held: { readonly set: KeySet; readonly row: SigningKeys; readonly freshUntil: number } | undefined;
  const hold = (row: SigningKeys): KeySet => {
    // Importing keys costs a hundred times what comparing two rows' kids does.
    const set = held !== undefined && isSame(held.row, row) ? held.set : keySetOf(row);
    held = { set, row, freshUntil: deps.clock() + FRESH_SECONDS };
    return set;
  };
  const reread = async (): Promise<KeySet> => hold(await ensureKeys(deps, settings));
  return {
    current: () => (held !== undefined && deps.clock() < held.freshUntil ? held.set : reread()),
    reread,
    rotateIfDue: async () => void (await reread()),
  };
}

/** The stored keys, after rotating them if it is time. Whoever loses the race uses what the winner stored. */
async function ensureKeys(deps: SigningKeysDeps, settings: SigningKeysSettings): Promise<SigningKeys> {
  for (;;) {
    const row = await deps.keys.find();
    if (row?.signingKey !== undefined && deps.clock() < row.nextRotation) return row;
    const next = rotated(row, await generateKey(settings.algorithm), deps.clock(), settings);
    if (!(await deps.keys.replace(row, next))) continue;
    deps.log.info("signing key made", { kid: String(next.signingKeyPub?.["kid"]), algorithm: settings.algorithm });
    return next;
  }
}

function rotated(
  row: SigningKeys | undefined,
  fresh: Pick<SigningKeys, "signingKey" | "signingKeyPub">,
  now: number,
  settings: SigningKeysSettings,
): SigningKeys {
  const kept = (row?.verificationKeys ?? []).filter(({ expiry }) => expiry > now);
  const before =
    row?.signingKeyPub === undefined ? [] : [{ publicKey: row.signingKeyPub, expiry: now + settings.verifySeconds }];
  return { ...fresh, verificationKeys: [...kept, ...before], nextRotation: now + settings.rotationSeconds };
}

function isSame(a: SigningKeys, b: SigningKeys): boolean {
  const kids = (row: SigningKeys): string =>
    [row.signingKeyPub, ...row.verificationKeys.map(({ publicKey }) => publicKey)]
      .map((jwk) => String(jwk?.["kid"]))
      .join();
  return kids(a) === kids(b);
}

function keySetOf(row: SigningKeys): KeySet {
  const { signingKey, signingKeyPub } = row;
  if (signingKey === undefined || signingKeyPub === undefined) throw new Error("the stored keys have no signing key");
  const [algorithm, key] = [algorithmOf(signingKeyPub), createPrivateKey({ key: signingKey, format: "jwk" })];
  const jwks = [signingKeyPub, ...row.verificationKeys.map(({ publicKey }) => publicKey)];
  const verifying = jwks.map((jwk) => {
    return [
      String(jwk["kid"]),
      { algorithm: algorithmOf(jwk), key: createPublicKey({ key: jwk, format: "jwk" }) },
    ] as const;
  });
  return {
    signing: {
      kid: String(signingKeyPub["kid"]),
      algorithm,
      sign: (input) => sign(hashOf(algorithm), input, { key, dsaEncoding: "ieee-p1363" }),
    },
    verifying: new Map(verifying),
    jwks: goJson({ keys: jwks }, 2),
  };
}

/** The algorithm is the key's own; a token's header never chooses it. */
function algorithmOf(jwk: Readonly<Record<string, unknown>>): string {
  const { alg } = jwk;
  return typeof alg === "string" ? alg : "RS256";
}
