import { createHash } from "node:crypto";

import type { VaultConfiguration } from "../../config/provider-configuration.ts";
import { isRecord, parseJson } from "../../connector/oidc/upstream-request.ts";
import { PublicError } from "../../protocol/public-error.ts";
import { hashOf } from "./signature-hash.ts";

/** One key of Vault's transit engine. All methods throw {@link PublicError} 503, whose cause is for the log and holds no token. */
export interface Transit {
  /** The public halves of all its versions. */
  readKey(): Promise<TransitKey>;
  /** The signature that one version makes, by the JWS algorithm of the key. */
  sign(version: number, algorithm: string, input: Uint8Array): Promise<Uint8Array>;
}

export interface TransitKey {
  readonly latestVersion: number;
  /** Version → PEM, or base64 of an Ed25519 key. Versions without a public half are left out. */
  readonly publicKeys: ReadonlyMap<number, string>;
}

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Vault signs within milliseconds, or is in trouble. */
const TIMEOUT_MS = 5000;

/** What Vault is asked for, by its HTTP API. */
export function createTransit(fetch: Fetch, vault: VaultConfiguration): Transit {
  return {
    readKey: async () => parseKey(await ask(fetch, vault, "keys")),
    async sign(version, algorithm, input) {
      const { signature } = await ask(fetch, vault, "sign", signRequest(version, algorithm, input));
      const prefix = `vault:v${version}:`;
      if (typeof signature !== "string" || !signature.startsWith(prefix)) {
        throw unavailable("Vault answered without a signature by the version it was asked for");
      }
      return Buffer.from(signature.slice(prefix.length), "base64url");
    },
  };
}

/** The version is named, because the token's header names its key already: Vault's own choice may have changed meanwhile. */
function signRequest(version: number, algorithm: string, input: Uint8Array): object {
  const form = { marshaling_algorithm: "jws", signature_algorithm: "pkcs1v15", key_version: version };
  const hash = hashOf(algorithm);
  if (hash === undefined) return { ...form, input: Buffer.from(input).toString("base64") };
  return {
    ...form,
    input: createHash(hash).update(input).digest("base64"),
    prehashed: true,
    hash_algorithm: hash.replace("sha", "sha2-"),
  };
}

function parseKey({ latest_version: latestVersion, keys }: Answer): TransitKey {
  if (typeof latestVersion !== "number" || !isRecord(keys)) throw unavailable("Vault's answer describes no key");
  const publicKeys = Object.entries(keys).flatMap(([version, one]) => {
    const publicKey = isRecord(one) ? one["public_key"] : undefined;
    return typeof publicKey === "string" && publicKey !== "" ? [[Number(version), publicKey] as const] : [];
  });
  return { latestVersion, publicKeys: new Map(publicKeys) };
}

type Answer = Readonly<Record<string, unknown>>;

/** @returns `data` of the answer. */
async function ask(fetch: Fetch, vault: VaultConfiguration, operation: string, body?: object): Promise<Answer> {
  const url = `${vault.address.replace(/\/+$/, "")}/v1/transit/${operation}/${vault.keyName}`;
  const { status, answer } = await exchange(fetch, url, requestOf(vault, body)).catch((cause: unknown) => {
    throw cause instanceof PublicError ? cause : unavailable(`Vault did not answer: ${describeFailure(cause)}`);
  });
  const data = isRecord(answer) ? answer["data"] : undefined;
  if (status === 200 && isRecord(data)) return data;
  throw unavailable(`Vault answered ${status} to ${operation}/${vault.keyName}: ${reasonOf(status, answer)}`);
}

function reasonOf(status: number, answer: unknown): string {
  const errors = isRecord(answer) && Array.isArray(answer["errors"]) ? answer["errors"].map(String).join("; ") : "";
  if (errors !== "") return errors.slice(0, 300);
  return status === 404 ? "there is no such key" : "no reason";
}

function requestOf({ token }: VaultConfiguration, body: object | undefined): RequestInit {
  const secret = token.reveal();
  return {
    headers: {
      // Vault's agent may want it, against requests that a browser was tricked into.
      "X-Vault-Request": "true",
      ...(secret === "" ? {} : { "X-Vault-Token": secret }),
    },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
}

/** A standby sends to the active one, once; never from https to http, where the token could be read. */
async function exchange(fetch: Fetch, url: string, init: RequestInit): Promise<{ status: number; answer: unknown }> {
  let response = await fetch(url, init);
  const location = response.headers.get("location");
  if ([307, 308].includes(response.status) && location !== null) {
    const active = new URL(location, url);
    if (new URL(url).protocol === "https:" && active.protocol !== "https:")
      throw unavailable("Vault redirects to plain http");
    await response.body?.cancel();
    response = await fetch(active.href, init);
  }
  return { status: response.status, answer: parseJson(await response.text()) };
}

/** A system's error names the address at most, never what was sent. */
function describeFailure(cause: unknown): string {
  if (!(cause instanceof Error)) return "unknown failure";
  return cause.name === "TimeoutError" ? `nothing within ${TIMEOUT_MS / 1000} s` : cause.message;
}

/** @param reason for the log. */
export function unavailable(reason: string): PublicError {
  return new PublicError({
    status: 503,
    code: "signer_unavailable",
    publicMessage: "The service cannot reach its signing keys at the moment.",
    retryAfterSeconds: 5,
    cause: new Error(reason),
  });
}
