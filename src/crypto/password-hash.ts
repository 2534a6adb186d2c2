import { argon2, randomBytes, timingSafeEqual } from "node:crypto";

export type PasswordHashKind = "bcrypt" | "argon2id";

/** bcrypt reads no further than this many bytes of a password. */
const BCRYPT_MAX_BYTES = 72;

interface BcryptParameters {
  readonly kind: "bcrypt";
}

interface Argon2idParameters {
  readonly kind: "argon2id";
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Uint8Array;
  readonly tag: Uint8Array;
}

const BCRYPT = /^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const BCRYPT_NEW_COST = 12;
const ARGON2ID =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;
/** The second recommendation of RFC 9106 §4: 64 MiB, three passes. */
const ARGON2ID_NEW = { memory: 65536, passes: 3, parallelism: 4, saltBytes: 16, tagBytes: 32 };

/**
 * Is this a password hash that {@link verifyPassword} can check?
 *
 * bcrypt (`$2a$`, `$2b$`, `$2x$`, `$2y$`) of cost 4 to 16, or an argon2id PHC string with at most 1 GiB, 16 passes and 16 lanes:
 * beyond these bounds one login would occupy the process.
 */
export function isPasswordHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

/**
 * Check a password, off the event loop and in constant time for a given hash.
 *
 * As everywhere, bcrypt looks at the first 72 bytes of the password only.
 *
 * @returns false also when the hash is malformed or out of bounds.
 */
export async function verifyPassword(hash: string, password: string): Promise<boolean> {
  const parsed = parseHash(hash);
  if (parsed === undefined) return false;
  if (parsed.kind === "bcrypt") return (await import("@node-rs/bcrypt")).verify(password, hash);
  return timingSafeEqual(await deriveArgon2id(password, parsed, parsed.tag.length), parsed.tag);
}

/**
 * Make a hash for a new password: bcrypt of cost 12, or argon2id with 64 MiB, three passes and four lanes (RFC 9106 §4).
 *
 * @throws {RangeError} when bcrypt would ignore the end of the password, because it is longer than 72 bytes.
 */
export async function hashPassword(password: string, kind: PasswordHashKind): Promise<string> {
  if (kind === "argon2id") return hashArgon2id(password);
  if (Buffer.byteLength(password) > BCRYPT_MAX_BYTES) {
    throw new RangeError(
      `bcrypt ignores everything after ${BCRYPT_MAX_BYTES} bytes; use a shorter password or argon2id`,
    );
  }
  return (await import("@node-rs/bcrypt")).hash(password, BCRYPT_NEW_COST);
}

function parseHash(text: string): BcryptParameters | Argon2idParameters | undefined {
  const bcrypt = BCRYPT.exec(text);
  if (bcrypt !== null) return within(Number(bcrypt[1]), 4, 16) ? { kind: "bcrypt" } : undefined;
  const [, memory, passes, parallelism, salt, tag] = ARGON2ID.exec(text) ?? [];
  if (memory === undefined || passes === undefined || parallelism === undefined) return undefined;
  const parameters = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const bounded =
    within(parameters.parallelism, 1, 16) &&
    within(parameters.passes, 1, 16) &&
    within(parameters.memory, 8 * parameters.parallelism, 1_048_576);
  if (!bounded) return undefined;
  return {
    kind: "argon2id",
    ...parameters,
    salt: Buffer.from(salt ?? "", "base64"),
    tag: Buffer.from(tag ?? "", "base64"),
  };
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

async function hashArgon2id(password: string): Promise<string> {
  const { memory, passes, parallelism, saltBytes, tagBytes } = ARGON2ID_NEW;
  const salt = randomBytes(saltBytes);
  const tag = await deriveArgon2id(password, { memory, passes, parallelism, salt }, tagBytes);
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

function deriveArgon2id(
  password: string,
  parameters: Pick<Argon2idParameters, "memory" | "passes" | "parallelism" | "salt">,
  tagLength: number,
): Promise<Uint8Array> {
  const { memory, passes, parallelism, salt } = parameters;
  return new Promise((resolve, reject) => {
    const input = { message: password, nonce: salt, tagLength, memory, passes, parallelism };
    argon2("argon2id", input, (error, tag) => (error ? reject(error) : resolve(tag)));
  });
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
