import { isIP } from "node:net";
import * as v from "valibot";

import { isHttpUrl, isOrigin, hasQueryOrFragment, hasUserInformation } from "./http-url.ts";
import { say } from "./section.ts";

/** Any text but an empty one; control characters are refused, because these texts reach pages, headers and paths. */
export const text = (example: string): v.GenericSchema<string, string> =>
  v.pipe(
    v.string(say("is not text.", `Write text, such as ${example}; numbers and true or false in quotes.`)),
    v.minLength(1, say("is empty.", `Write text, such as ${example}.`)),
    v.check(
      (value) => !/[\u0000-\u001f\u007f]/.test(value),
      say("contains a control character.", "Write it on one line, without tabs."),
    ),
  );

/** True or false. */
export const flag = v.boolean(say("is neither true nor false.", "Write true or false."));

/** Text that a pattern describes. */
export const matching = (pattern: RegExp, what: string, example: string): v.GenericSchema<string, string> => {
  const message = say(`is not ${what}.`, `Write one such as ${example}.`);
  return v.pipe(v.string(message), v.regex(pattern, message));
};

/** Text that a function accepts. */
export const accepted = (
  accepts: (value: string) => boolean,
  what: string,
  example: string,
): v.GenericSchema<string, string> => {
  const message = say(`is not ${what}.`, `Write one such as ${example}.`);
  return v.pipe(v.string(message), v.check(accepts, message));
};

/** A list; a single value is not taken for one. */
export const list = <T extends v.GenericSchema>(item: T, example: string): v.ArraySchema<T, string> =>
  v.array(item, say("is not a list.", `Write a list, such as ${example}.`));

/** A list with at least one item. */
export const listOfSome = <T extends v.GenericSchema>(
  item: T,
  example: string,
): v.SchemaWithPipe<
  readonly [v.ArraySchema<T, string>, v.MinLengthAction<v.InferOutput<v.ArraySchema<T, string>>, 1, string>]
> => v.pipe(list(item, example), v.minLength(1, say("is empty.", `Write at least one, such as ${example}.`)));

/** One of a few words. */
export const choice = <const T extends readonly string[]>(...words: T): v.PicklistSchema<T, string> =>
  v.picklist(words, say(`is not one of ${words.join(", ")}.`, "Write one of them."));

/** An identifier that goes into addresses and cookies. */
export const identifier = matching(/^[a-z0-9][a-z0-9_-]{0,63}$/, "an id", "corp (lower-case letters, digits, - and _)");

const DURATION = /^(?=\d)(?:\d{1,5}d)?(?:\d{1,6}h)?(?:\d{1,7}m)?(?:\d{1,8}s)?$/;
const SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** `8h`, `7d`, `1h30m`, `90s`, from `min` to `max`. */
export const duration = (min: string, max: string): v.GenericSchema<string, string> =>
  v.pipe(
    v.string(say("is not a duration.", "Write one with a unit, such as 8h, 7d, 1h30m or 90s.")),
    v.examples(["90s", "1h30m", "8h", "7d"]),
    v.title(`A duration from ${min} to ${max}`),
    v.regex(DURATION, say("is not a duration.", "Write one such as 8h, 7d, 1h30m or 90s.")),
    v.check(
      (value) => durationSeconds(value) >= durationSeconds(min) && durationSeconds(value) <= durationSeconds(max),
      say("is too short or too long.", `Write a duration from ${min} to ${max}.`),
    ),
  );

/** A {@link duration} in seconds. */
export function durationSeconds(value: string): number {
  let seconds = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+)([dhms])/g))
    seconds += Number(amount) * (SECONDS[unit ?? "s"] ?? 1);
  return seconds;
}

/** `host:port`, `[::1]:port`. */
export const listenAddress = accepted(isListenAddress, "an address to listen on", "0.0.0.0:8080 or [::]:8080");

function isListenAddress(value: string): boolean {
  const [, ipv6, host, port] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(value) ?? [];
  if (port === undefined || Number(port) > 65_535) return false;
  return ipv6 === undefined ? isIP(host ?? "") === 4 || !/(?:^|\.)\d*$/.test(host ?? "") : isIP(ipv6) === 6;
}

/** An IP address or a CIDR range. */
export const ipRange = accepted(isIpRange, "an IP address or CIDR range", "10.0.0.0/8");

function isIpRange(value: string): boolean {
  const [address = "", bits, ...more] = value.split("/");
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** An absolute http or https address without user information or fragment. */
export const httpUrl = (example: string): v.GenericSchema<string, string> => {
  const message = say("is not an http or https address.", `Write one such as ${example}, without wildcards.`);
  return v.pipe(
    v.string(message),
    v.check(
      (value) => !hasUserInformation(value),
      say("contains a user name or password.", "Remove everything between // and @."),
    ),
    v.check(isHttpUrl, message),
    v.check((value) => !value.includes("#"), say("has a fragment.", "Remove everything from the # on.")),
  );
};

/** An {@link httpUrl} of scheme, host and port only. */
export const origin = (example: string): v.GenericSchema<string, string> =>
  v.pipe(
    httpUrl(example),
    v.check(
      (value) => isOrigin(value),
      say(
        "has a path or a query.",
        `Write scheme, host and port only, such as ${example}: a path prefix is not supported.`,
      ),
    ),
  );

/** An {@link httpUrl} without a query, as issuers are (OpenID Connect Discovery §3). */
export const issuer = (example: string): v.GenericSchema<string, string> =>
  v.pipe(
    httpUrl(example),
    v.check((value) => !hasQueryOrFragment(value), say("has a query.", "Remove everything from the ? on.")),
  );

const secretSource = say("is not a secret.", "Write { env: NAME }, { file: /path } or the text itself, in quotes.");

/** A secret: text, `{ env: NAME }` or `{ file: path }`. */
export const secret = v.union(
  [
    v.pipe(v.string(), v.minLength(1, say("is empty.", "Write { env: NAME }, { file: /path } or the text itself."))),
    v.strictObject({
      env: v.pipe(
        v.string(),
        v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
        v.description("Environment variable that holds it."),
      ),
    }),
    v.strictObject({
      file: v.pipe(
        v.string(),
        v.minLength(1),
        v.description("File that holds it; one line end at its end is dropped. Must not be readable by everybody."),
      ),
    }),
  ],
  secretSource,
);

export type SecretSource = v.InferOutput<typeof secret>;
