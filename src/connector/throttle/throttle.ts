import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Clock } from "../../protocol/clock.ts";

/**
 * Slows down the guessing of passwords, and never locks anybody out for good.
 *
 * Two bounds, each keeping its own count of wrong tries:
 * - account and address: after five, 1 s, 2 s, 4 s … up to 5 minutes between tries;
 * - account, for guessing that is spread over many addresses: after fifty, 1 s … up to 10 s between tries. An address that
 *   signed in to this account before is exempt, so the owner gets in while somebody else is guessing.
 *
 * A count is forgotten when its last wrong try is 30 minutes old. At most 20,000 counts of each kind are kept, the oldest
 * dropped: each cost its maker the time of a password hash, so flooding is slower than waiting.
 */
export interface Throttle {
  /**
   * Count a try before it is made, so that parallel tries are counted too. Every try that is let through must be
   * followed by `succeeded`, by `withdraw`, or by nothing when the password was wrong.
   *
   * @returns how long to wait; 0 = go on. A refused try is not counted.
   */
  attempt(account: string, address: string): number;
  succeeded(account: string, address: string): void;
  /** The try that was let through was never made. */
  withdraw(account: string, address: string): void;
}

interface Bound {
  readonly freeTries: number;
  readonly maxDelaySeconds: number;
}

interface Count {
  readonly tries: number;
  readonly lastTry: number;
}

type Counts = Map<string, Count>;

const PAIR: Bound = { freeTries: 5, maxDelaySeconds: 300 };
const ACCOUNT: Bound = { freeTries: 50, maxDelaySeconds: 10 };
const FORGET_SECONDS = 1800;
const MAX_COUNTS = 20_000;

export function createThrottle(clock: Clock, maxCounts = MAX_COUNTS): Throttle {
  const pairs: Counts = new Map();
  const accounts: Counts = new Map();
  const known: Counts = new Map();
  return {
    attempt(account, address) {
      const now = clock();
      const pair = pairKey(account, address);
      const bounds: readonly [Counts, string, Bound][] = [
        [pairs, pair, PAIR],
        ...(known.has(pair) ? [] : [[accounts, hashed(account), ACCOUNT] satisfies [Counts, string, Bound]]),
      ];
      const wait = Math.max(...bounds.map(([counts, key, bound]) => remaining(counts.get(key), bound, now)));
      if (wait > 0) return Math.ceil(wait);
      for (const [counts, key] of bounds)
        put(counts, key, { tries: triesOf(counts, key, now) + 1, lastTry: now }, maxCounts);
      return 0;
    },
    succeeded(account, address) {
      const pair = pairKey(account, address);
      pairs.delete(pair);
      accounts.delete(hashed(account));
      put(known, pair, { tries: 0, lastTry: clock() }, maxCounts);
    },
    withdraw(account, address) {
      const pair = pairKey(account, address);
      decrement(pairs, pair);
      if (!known.has(pair)) decrement(accounts, hashed(account));
    },
  };
}

function remaining(count: Count | undefined, bound: Bound, now: number): number {
  if (count === undefined || count.tries < bound.freeTries || now - count.lastTry > FORGET_SECONDS) return 0;
  const delay = Math.min(2 ** (count.tries - bound.freeTries), bound.maxDelaySeconds);
  return Math.min(delay, Math.max(0, count.lastTry + delay - now)); // also when the clock was set back
}

function triesOf(counts: Counts, key: string, now: number): number {
  const count = counts.get(key);
  return count === undefined || now - count.lastTry > FORGET_SECONDS ? 0 : count.tries;
}

function put(counts: Counts, key: string, count: Count, max: number): void {
  counts.delete(key); // a map keeps its order of insertion: what was touched last comes last
  counts.set(key, count);
  const oldest = counts.keys().next();
  if (counts.size > max && !oldest.done) counts.delete(oldest.value);
}

/** What has come to nothing is let go of: made-up names that cost no hash must not push out the counts of others. */
function decrement(counts: Counts, key: string): void {
  const count = counts.get(key);
  if (count === undefined) return;
  if (count.tries > 1) counts.set(key, { ...count, tries: count.tries - 1 });
  else counts.delete(key);
}

function pairKey(account: string, address: string): string {
  return hashed(`${account}\n${networkOf(address)}`);
}

/** Keys of one length: what is typed as a user name may be long. */
function hashed(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** One customer has a whole IPv6 /64, so its addresses count as one. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups =
    tail === undefined ? before : [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
