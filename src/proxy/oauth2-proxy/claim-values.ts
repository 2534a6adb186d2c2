import { goJson } from "../../protocol/go-json.ts";
import type { Session } from "../../session/session.ts";

/**
 * A claim of a session as texts, as oauth2-proxy puts it into a header: each element of a list is one, what is neither text,
 * number nor boolean is written as JSON. Times are in the form of Go's `time.Time.String`, in UTC.
 *
 * @param claim `user`, `email`, `groups`, `preferred_username`, `access_token`, `id_token`, `refresh_token`, `created_at`, `expires_on`,
 * or else an additional claim.
 * @returns empty when the session has no such claim; texts may be empty too.
 */
export function claimValues(session: Session, claim: string): readonly string[] {
  const known = KNOWN.get(claim);
  if (known !== undefined) return known(session);
  const claims = session.identity.additionalClaims ?? {};
  if (!Object.hasOwn(claims, claim)) return [];
  const value = claims[claim];
  return Array.isArray(value) ? value.map(claimText) : [claimText(value)];
}

const KNOWN: ReadonlyMap<string, (session: Session) => readonly string[]> = new Map([
  ["user", ({ identity }: Session) => [identity.userId]],
  ["email", ({ identity }: Session) => [identity.email]],
  ["groups", ({ identity }: Session) => identity.groups],
  ["preferred_username", ({ identity }: Session) => [identity.preferredUsername]],
  ["access_token", ({ tokens }: Session) => [tokens.accessToken ?? ""]],
  ["id_token", ({ tokens }: Session) => [tokens.idToken ?? ""]],
  ["refresh_token", ({ tokens }: Session) => [tokens.refreshToken ?? ""]],
  ["created_at", ({ createdAt }: Session) => [timeText(createdAt)]],
  ["expires_on", ({ tokens }: Session) => [timeText(tokens.expiresAt ?? 0)]],
]);

/** A JSON value as one text. */
function claimText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return plainNumber(value);
  if (value === null || value === undefined) return "";
  return goJson(withSortedKeys(value));
}

/** Go's maps have no order; its JSON encoder sorts them. */
function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, withSortedKeys(inner)]));
}

/** Without an exponent, however large or small. */
function plainNumber(value: number): string {
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = "", first = "", rest = "", exponent = "0"] = parts;
  const digits = first + rest;
  const power = Number(exponent);
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${digits}`;
  return sign + digits.padEnd(power + 1, "0");
}

/** Seconds since the epoch as `2006-01-02 15:04:05 +0000 UTC`; empty for 0. */
function timeText(seconds: number): string {
  if (seconds === 0) return "";
  const [date = "", time = ""] = new Date(Math.trunc(seconds) * 1000).toISOString().split("T");
  return `${date} ${time.slice(0, 8)} +0000 UTC`;
}
