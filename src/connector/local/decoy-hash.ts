import { createHmac, randomBytes } from "node:crypto";

/** Finds something to check a password against when there is no such user, so that the answer takes as long as for a real one. */
export interface DecoyHash {
  for(account: string): string;
  /** A hash that a store holds: its users are not known beforehand. */
  learn(hash: string): void;
}

/** bcrypt of cost 10, the common default, of a value nobody knows. */
const DEFAULT_DECOY = "$2b$10$Pgt6qVByeNwVwaSaNBeOu./8T2t5JkIc4gtLFINHF9CfEUBIn7/XW";

/**
 * Where users' hashes differ in kind or cost, an account always gets the same one of them, by a hash keyed with a random key:
 * otherwise the time taken would tell unknown accounts from the rest when it is asked twice.
 *
 * @param hashes of the configured users.
 */
export function createDecoyHash(hashes: readonly string[]): DecoyHash {
  const key = randomBytes(32);
  let learned = DEFAULT_DECOY;
  return {
    for(account) {
      const chosen = createHmac("sha256", key).update(account).digest().readUInt32BE(0) % Math.max(hashes.length, 1);
      return hashes[chosen] ?? learned;
    },
    learn(hash) {
      learned = hash;
    },
  };
}
