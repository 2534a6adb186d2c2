import { cookiePairs, serializeCookie, type Cookie } from "../../http/cookies.ts";
import { claimedTime } from "./signed-value.ts";

/** What browsers take for one cookie, attributes and all, bytes; oauth2-proxy's number. */
const MAX_COOKIE = 4000;
/** The longest name that oauth2-proxy gives a part. */
const MAX_NAME = 256;

/** An envelope of `signed-value`, from the start: what follows it is no part of it. */
const ENVELOPE = /^[^|]*\|\d+\|[A-Za-z0-9_-]{43}=/;

/**
 * Cut a cookie into as many as it takes for each to have at most 4000 bytes with its attributes: `NAME_0`, `NAME_1`, …
 * One that fits stays as it is.
 */
export function splitCookie(cookie: Cookie): readonly Cookie[] {
  if (serializeCookie(cookie).length <= MAX_COOKIE) return [cookie];
  const parts: Cookie[] = [];
  for (let start = 0; start < cookie.value.length;) {
    const name = partName(cookie.name, parts.length);
    const room = Math.max(MAX_COOKIE - serializeCookie({ ...cookie, name, value: "" }).length, 1);
    parts.push({ ...cookie, name, value: cookie.value.slice(start, start + room) });
    start += room;
  }
  return parts;
}

/** More are not tried: each costs a signature. */
const MAX_VALUES = 8;

/**
 * The values that may hold the session of a request, the newest by its own word first, at most eight: whole cookies of the
 * name, and the parts put together. Try each: a whole cookie of an earlier, smaller session, or one planted by a sibling
 * host, may stand beside the newer parts; and parts left over from an earlier, larger session are cut off here.
 *
 * @param header the `Cookie` header; null when there is none.
 */
export function sessionCookieValues(header: string | null, name: string): readonly string[] {
  if (header === null) return [];
  const pairs = cookiePairs(header);
  const whole = pairs.filter(([found]) => found === name).map(([, value]) => value);
  const joined = joinParts(new Map(pairs.toReversed()), name);
  const values = joined === undefined ? whole : [...whole, joined];
  return values.length < 2 ? values : values.toSorted((a, b) => claimedTime(b) - claimedTime(a)).slice(0, MAX_VALUES);
}

/** The names of all cookies of a request that belong to the session, to clear them: `NAME`, `NAME_0`, `NAME_7` … */
export function sessionCookieNames(header: string | null, name: string): readonly string[] {
  if (header === null) return [];
  const names = new Set(cookiePairs(header).map(([found]) => found));
  return [...names].filter((found) => {
    const number = /_(\d{1,3})$/.exec(found)?.[1];
    return found === name || (number !== undefined && found === partName(name, Number(number)));
  });
}

/**
 * @param values by name; of several cookies with one name, the first that was sent.
 * @returns undefined without a first part. One part alone is no session, whatever it holds: nobody cuts a cookie into one.
 */
function joinParts(values: ReadonlyMap<string, string>, name: string): string | undefined {
  const parts: string[] = [];
  for (let part = values.get(partName(name, 0)); part !== undefined; part = values.get(partName(name, parts.length))) {
    parts.push(part);
  }
  if (parts.length < 2) return parts.length === 0 ? undefined : "";
  const joined = parts.join("");
  return ENVELOPE.exec(joined)?.[0] ?? joined;
}

function partName(name: string, number: number): string {
  const ending = `_${number}`;
  return `${name.slice(0, MAX_NAME - ending.length)}${ending}`;
}
