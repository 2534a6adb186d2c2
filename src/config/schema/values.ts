import { isIP } from "node:net";
import * as v from "valibot";

import { say } from "./section.ts";

/** Any text but an empty one. */
export const text = (example: string): v.GenericSchema<string, string> =>
  v.pipe(
    v.string(say("is not text.", `Write text, such as ${example}.`)),
    v.minLength(1, say("is empty.", `Write text, such as ${example}.`)),
  );

/** True or false. */
export const flag = v.boolean(say("is neither true nor false.", "Write true or false."));

/** Text that a pattern describes. */
export const matching = (pattern: RegExp, what: string, example: string): v.GenericSchema<string, string> => {
  const message = say(`is not ${what}.`, `Write one such as ${example}.`);
  return v.pipe(v.string(message), v.regex(pattern, message));
};

/** A list; a single value is not taken for one. */
export const list = <T extends v.GenericSchema>(item: T, example: string): v.ArraySchema<T, string> =>
  v.array(item, say("is not a list.", `Write a list, such as ${example}.`));

/** One of a few words. */
export const choice = <const T extends readonly string[]>(...words: T): v.PicklistSchema<T, string> =>
  v.picklist(words, say(`is not one of ${words.join(", ")}.`, "Write one of them."));

/** An identifier that goes into addresses and cookies. */
export const identifier = matching(/^[a-z0-9][a-z0-9_-]{0,63}$/, "an id", "corp (lower-case letters, digits, - and _)");

/** `8h`, `7d`, `1h30m`, `90s`. */
export const duration = matching(/^(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?$(?<!^)/, "a duration", "8h, 7d, 1h30m or 90s");

const SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** A {@link duration} in seconds. */
export function durationSeconds(value: string): number {
  let seconds = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+)([dhms])/g))
    seconds += Number(amount) * (SECONDS[unit ?? "s"] ?? 1);
  return seconds;
}

/** `host:port`, `[::1]:port`. */
export const listenAddress = matching(
  /^(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+):\d{1,5}$/i,
  "an address to listen on",
  "0.0.0.0:8080",
);

/** An IP address or a CIDR range. */
export const ipRange = v.pipe(
  v.string(say("is not an IP range.", "Write one such as 10.0.0.0/8.")),
  v.check(isIpRange, say("is neither an IP address nor a CIDR range.", "Write one such as 10.0.0.0/8.")),
);

function isIpRange(value: string): boolean {
  const [address = "", bits, ...more] = value.split("/");
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** An absolute http or https address that parses, without user information or fragment. */
export const httpUrl = (example: string): v.GenericSchema<string, string> => {
  const message = say("is not an http or https address.", `Write one such as ${example}.`);
  return v.pipe(v.string(message), v.check(isHttpUrl, message));
};

function isHttpUrl(value: string): boolean {
  if (!/^https?:\/\/[^\s\\]+$/.test(value) || !URL.canParse(value)) return false;
  const url = new URL(value);
  return url.username === "" && url.password === "" && url.hash === "";
}

const secretSource = say("is not a secret.", "Write { env: NAME }, { file: /path } or the text itself.");

/** A secret: text, `{ env: NAME }` or `{ file: path }`. */
export const secret = v.union(
  [
    v.pipe(v.string(), v.minLength(1)),
    v.strictObject({ env: v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/)) }),
    v.strictObject({ file: v.pipe(v.string(), v.minLength(1)) }),
  ],
  secretSource,
);

export type SecretSource = v.InferOutput<typeof secret>;
