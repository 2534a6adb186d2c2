import { randomInt } from "node:crypto";

/** No vowels, so that no words come out; nothing that looks like something else. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";

/** What a person types: `XXXX-XXXX`, one of 20^8. */
export function createUserCode(): string {
  const letters = Array.from({ length: 8 }, () => LETTERS.charAt(randomInt(LETTERS.length))).join("");
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** What a person typed, as it is stored: upper case, with the dash where it belongs (RFC 8628 §6.1). */
export function readUserCode(typed: string): string {
  const upper = typed.trim().toUpperCase();
  const letters = upper.replace(/[\s-]/g, "");
  return /^[A-Z]{8}$/.test(letters) ? `${letters.slice(0, 4)}-${letters.slice(4)}` : upper;
}
