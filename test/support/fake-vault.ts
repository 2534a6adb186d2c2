import { type KeyObject, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "./gatehouse.ts";

/** Vault's names of its kinds of keys. */
export type VaultKeyType = "rsa-2048" | "ecdsa-p256" | "ecdsa-p384" | "ecdsa-p521" | "ed25519";

/** Vault at the edge of the tests: the two requests of its transit engine, answered as its documentation says, with real keys. */
export interface FakeVault {
  readonly address: string;
  /** The token it lets in. */
  readonly token: string;
  /** Method and path of what was asked. */
  readonly asked: string[];
  /** `vault write -f transit/keys/NAME/rotate`. */
  rotate(): void;
  /** `min_encryption_version` of the key: what signs at least. */
  requireVersion(version: number): void;
  /** `vault operator seal`, or unseal. */
  seal(sealed: boolean): void;
  /** Refuse connections, or take them again at the same port. */
  stop(): Promise<void>;
  start(): void;
  remove(): Promise<void>;
}

export const VAULT_KEY = "dex-signer";

interface State {
  readonly type: VaultKeyType;
  readonly folder: string;
  readonly keys: KeyObject[];
  minEncryptionVersion: number;
  isSealed: boolean;
}

const TOKEN = "hvs.a-token-of-vault";

export function startFakeVault(type: VaultKeyType): FakeVault {
  const folder = temporaryFolder();
  const state: State = { type, folder: folder.path, keys: [], minEncryptionVersion: 0, isSealed: false };
  const asked: string[] = [];
  const serve = (port: number): ReturnType<typeof Bun.serve> =>
    Bun.serve({
      port,
      hostname: "127.0.0.1",
      fetch(request) {
        asked.push(`${request.method} ${new URL(request.url).pathname}`);
        return answer(state, request);
      },
    });
  const rotate = (): void => {
    const privateKey = makeKey(type);
    state.keys.push(privateKey);
    writeFileSync(fileOf(state, state.keys.length), privateKey.export({ type: "pkcs8", format: "pem" }));
  };
  rotate();
  let server = serve(0);
  const port = server.port ?? 0;
  return {
    address: `http://127.0.0.1:${port}`,
    token: TOKEN,
    asked,
    rotate,
    requireVersion: (version) => void (state.minEncryptionVersion = version),
    seal: (sealed) => void (state.isSealed = sealed),
    stop: () => server.stop(true),
    start: () => void (server = serve(port)),
    async remove() {
      await server.stop(true);
      folder.remove();
    },
  };
}

function makeKey(type: VaultKeyType): KeyObject {
  if (type === "rsa-2048") return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  if (type === "ed25519") return generateKeyPairSync("ed25519").privateKey;
  const namedCurve = { "ecdsa-p256": "prime256v1", "ecdsa-p384": "secp384r1", "ecdsa-p521": "secp521r1" }[type];
  return generateKeyPairSync("ec", { namedCurve }).privateKey;
}

const fileOf = ({ folder }: State, version: number): string => join(folder, `${version}.pem`);

const refusal = (status: number, ...errors: readonly string[]): Response => Response.json({ errors }, { status });

async function answer(state: State, request: Request): Promise<Response> {
  if (state.isSealed) return refusal(503, "Vault is sealed");
  if (request.headers.get("x-vault-token") !== TOKEN) return refusal(403, "permission denied");
  const asked = `${request.method} ${new URL(request.url).pathname}`;
  if (asked === `GET /v1/transit/keys/${VAULT_KEY}`) return Response.json({ data: describeKey(state) });
  if (asked === `POST /v1/transit/sign/${VAULT_KEY}`) return signAnswer(state, JSON.parse(await request.text()));
  return refusal(404);
}

function describeKey({ type, keys, minEncryptionVersion }: State): object {
  const versions = keys.map((key, index) => {
    const name = type.replace("ecdsa-p", "P-");
    return [index + 1, { creation_time: "2026-01-01T00:00:00Z", name, public_key: publicText(key) }];
  });
  return {
    type,
    name: VAULT_KEY,
    latest_version: keys.length,
    min_available_version: 0,
    min_decryption_version: 1,
    min_encryption_version: minEncryptionVersion,
    supports_signing: true,
    keys: Object.fromEntries(versions),
  };
}

/** PEM; of an Ed25519 key its 32 bytes in base64. */
function publicText(key: KeyObject): string {
  const publicKey = createPublicKey(key);
  if (key.asymmetricKeyType !== "ed25519") return publicKey.export({ type: "spki", format: "pem" });
  return Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url").toString("base64");
}

interface SignRequest {
  readonly input: string;
  readonly key_version?: number;
  readonly prehashed?: boolean;
  readonly hash_algorithm?: string;
  readonly marshaling_algorithm?: string;
  readonly signature_algorithm?: string;
}

async function signAnswer(state: State, asked: SignRequest): Promise<Response> {
  const version = asked.key_version ?? state.keys.length;
  const key = state.keys[version - 1];
  if (key === undefined || version < state.minEncryptionVersion) {
    return refusal(400, "requested version for signing is less than the minimum encryption key version");
  }
  // What Vault does otherwise is not wanted: it hashes by itself, pads by PSS, and writes ECDSA in ASN.1.
  const isDigest = asked.prehashed === true;
  if (asked.marshaling_algorithm !== "jws" || isDigest === (state.type === "ed25519")) return refusal(400, "not jws");
  if (state.type === "rsa-2048" && asked.signature_algorithm !== "pkcs1v15") return refusal(400, "not pkcs1v15");
  const input = Buffer.from(asked.input, "base64");
  const signature = isDigest
    ? await signDigest(state, version, { digest: input, hash: String(asked.hash_algorithm).replace("sha2-", "sha") })
    : sign(null, input, key);
  return Response.json({ data: { signature: `vault:v${version}:${signature.toString("base64url")}` } });
}

/** OpenSSL's own command: `node:crypto` would hash the digest once more. */
async function signDigest(
  state: State,
  version: number,
  { digest, hash }: { readonly digest: Buffer; readonly hash: string },
): Promise<Buffer> {
  const command = ["openssl", "pkeyutl", "-sign", "-inkey", fileOf(state, version), "-pkeyopt", `digest:${hash}`];
  const signing = Bun.spawn(command, { stdin: digest, stdout: "pipe" });
  const signature = Buffer.from(await new Response(signing.stdout).arrayBuffer());
  if ((await signing.exited) !== 0) throw new Error("openssl did not sign");
  const size = SIGNATURE_HALVES.get(state.type);
  return size === undefined ? signature : rawSignature(signature, size);
}

const SIGNATURE_HALVES: ReadonlyMap<VaultKeyType, number> = new Map([
  ["ecdsa-p256", 32],
  ["ecdsa-p384", 48],
  ["ecdsa-p521", 66],
]);

/** SEQUENCE { INTEGER r, INTEGER s } as r and s of one length (RFC 7518 §3.4). */
function rawSignature(der: Buffer, size: number): Buffer {
  let at = (der[1] ?? 0) > 0x80 ? 3 : 2;
  const numbers = [0, 1].map(() => {
    const length = der[at + 1] ?? 0;
    const bytes = der.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    return Buffer.concat([Buffer.alloc(size), bytes]).subarray(-size);
  });
  return Buffer.concat(numbers);
}
