import { bytesOf } from "./value.ts";

/** May this stand where an address begins? `javascript:` and its like would run in our origin. */
export function isSafeUrl(url: string): boolean {
  const colon = url.indexOf(":");
  const scheme = colon === -1 ? "" : url.slice(0, colon);
  return scheme === "" ? colon !== 0 : scheme.includes("/") || /^(?:https?|mailto)$/i.test(scheme);
}

/** For a path or whole address: what has a meaning in one stays, what is encoded stays. */
export function normalizeUrl(text: string): string {
  return text.replace(/%(?![0-9a-fA-F]{2})|[^A-Za-z0-9\-._~!#$&*+,/:;=?@[\]%]/gu, percent);
}

/** For a parameter: only letters, digits and `-._~` stay. */
export function escapeUrlPart(text: string): string {
  return text.replace(/[^A-Za-z0-9\-._~]/gu, percent);
}

/** The `urlquery` function of Go's templates. */
export function escapeQuery(text: string): string {
  return text.replace(/[^A-Za-z0-9\-._~]/gu, (mark) => (mark === " " ? "+" : percent(mark).toUpperCase()));
}

function percent(character: string): string {
  return Array.from(bytesOf(character), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}
