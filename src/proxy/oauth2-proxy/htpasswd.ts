import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import { createDecoyHash } from "../../connector/local/decoy-hash.ts";
import { createHashQueue, type HashQueue } from "../../connector/local/hash-queue.ts";
import { createThrottle, type Throttle } from "../../connector/throttle/throttle.ts";
import { ThrottledError } from "../../connector/connector-error.ts";
import { isPasswordHash, verifyPassword } from "../../crypto/password-hash.ts";
import type { Clock } from "../../protocol/clock.ts";
import type { Login } from "../../protocol/identity.ts";

/** Users and their hashes, as a password file of Apache's holds them. */
export type HtpasswdUsers = ReadonlyMap<string, string>;

/** The users of a file, and the lines that name none whose password could be checked. */
export interface HtpasswdFile {
  readonly users: HtpasswdUsers;
  /** 1-based. */
  readonly unusableLines: readonly number[];
}

/** Read `user:hash` lines: bcrypt, or `{SHA}`. Lines that begin with `#` are comments. */
export function parseHtpasswd(text: string): HtpasswdFile {
  const users = new Map<string, string>();
  const unusableLines: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const entry = line.trimStart();
    if (entry === "" || entry.startsWith("#")) continue;
    const [, user, hash] = /^([^:]+):([^:]+)$/.exec(entry) ?? [];
    if (user !== undefined && hash !== undefined && isUsable(hash)) users.set(user, hash);
    else unusableLines.push(index + 1);
  }
  return { users, unusableLines };
}

function isUsable(hash: string): boolean {
  return SHA.test(hash) || (hash.startsWith("$2") && isPasswordHash(hash));
}

const SHA = /^\{SHA\}[A-Za-z0-9+/]{27}=$/;

/** Checks user names and passwords against a password file. */
export interface PasswordCheck {
  /**
   * @param clientAddress for the throttle; empty when unknown.
   * @throws {ThrottledError} when too many wrong tries make this account wait. {@link ConnectorError} `unreachable` when too many
   *   people are signing in at once.
   */
  check(user: string, password: string, clientAddress: string): Promise<boolean>;
  /** Is this still somebody of the file? */
  has(user: string): boolean;
}

/** So many right answers are remembered: whoever sends a password with each request would cost a hash each time. */
const MAX_REMEMBERED = 1000;

/**
 * @param users as they are now. A right answer is remembered, under a key of this process, as long as the user's hash stays the same.
 */
export function createPasswordCheck(deps: { readonly clock: Clock }, users: () => HtpasswdUsers): PasswordCheck {
  const throttle = createThrottle(deps.clock);
  const checking: Checking = { throttle, queue: createHashQueue(), decoyFor: createDecoys(users) };
  const secret = randomBytes(32);
  const remembered = new Set<string>();
  return {
    async check(user, password, clientAddress) {
      const hash = users().get(user);
      const key = createHmac("sha256", secret).update(`${hash}\n${user}\n${password}`).digest("base64");
      if (hash !== undefined && remembered.has(key)) return true;
      const wait = throttle.attempt(user, clientAddress);
      if (wait > 0) throw new ThrottledError(wait);
      const matches = await matchesHash(checking, { hash, user, password, clientAddress });
      if (!matches) return false;
      throttle.succeeded(user, clientAddress);
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.add(key);
      return true;
    },
    has: (user) => users().has(user),
  };
}

interface Attempt {
  readonly hash: string | undefined;
  readonly user: string;
  readonly password: string;
  readonly clientAddress: string;
}

interface Checking {
  readonly queue: HashQueue;
  readonly throttle: Throttle;
  readonly decoyFor: (user: string) => string;
}

/** Who is unknown, or has a hash that takes no time, waits as long as the others: it would tell who is in the file. */
async function matchesHash(
  { queue, throttle, decoyFor }: Checking,
  { hash, user, password, clientAddress }: Attempt,
): Promise<boolean> {
  const isSha = hash !== undefined && SHA.test(hash);
  const slow = hash === undefined || isSha ? decoyFor(user) : hash;
  try {
    const matches = await queue(() => verifyPassword(slow, password), clientAddress);
    return isSha ? matchesSha(hash, password) : hash !== undefined && matches;
  } catch (error) {
    throttle.withdraw(user, clientAddress);
    throw error;
  }
}

/** One of the file's own bcrypt hashes, if it has any. */
function createDecoys(users: () => HtpasswdUsers): Checking["decoyFor"] {
  let seen: HtpasswdUsers | undefined;
  let decoy = createDecoyHash([]);
  return (user) => {
    const current = users();
    if (current !== seen) decoy = createDecoyHash([...current.values()].filter((hash) => !SHA.test(hash)));
    seen = current;
    return decoy.for(user);
  };
}

function matchesSha(hash: string, password: string): boolean {
  const stored = Buffer.from(hash.slice("{SHA}".length), "base64");
  return timingSafeEqual(createHash("sha1").update(password).digest(), stored);
}

/** The identity of a user of the password file. As in the original, the name is an address only for whoever signs in by header. */
export function htpasswdLogin(
  user: string,
  { groups, preferEmailToUser }: { readonly groups: readonly string[]; readonly preferEmailToUser: boolean },
): Login {
  const email = preferEmailToUser ? user : "";
  return {
    identity: { userId: user, username: user, preferredUsername: "", email, emailVerified: true, groups },
    tokens: {},
  };
}

/**
 * Was this login made by {@link htpasswdLogin}? Nothing says so but what is missing: only a user of the password file has neither an
 * address nor a token. One whose name is taken for an address is not told apart, but has no session either.
 */
export function isHtpasswdLogin({ identity, tokens }: Login): boolean {
  const { accessToken, idToken, refreshToken } = tokens;
  return identity.email === "" && (accessToken ?? idToken ?? refreshToken) === undefined;
}
