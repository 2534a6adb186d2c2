/** A Go duration that could be read, or what Go would have said about it. */
export type GoDuration = { readonly seconds: number } | { readonly error: string };

const SECONDS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-9],
  ["us", 1e-6],
  ["µs", 1e-6], // U+00B5 micro sign
  ["μs", 1e-6], // U+03BC Greek letter mu
  ["ms", 1e-3],
  ["s", 1],
  ["m", 60],
  ["h", 3600],
]);

/** Go counts nanoseconds in 64 bits. */
const LIMIT_SECONDS = 2 ** 63 / 1e9;

/**
 * Read a duration as Go's `time.ParseDuration` does: `168h`, `1m30s`, `1.5h`, `-5s`, `0`.
 *
 * There is no unit for a day. Errors carry Go's own text (`time: missing unit in duration "60"`), because that is
 * what people search for.
 */
export function parseGoDuration(text: string): GoDuration {
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = text.replace(/^[-+]/, "");
  if (rest === "0") return { seconds: 0 };
  if (rest === "") return invalid(text);
  let seconds = 0;
  while (rest !== "") {
    const amount = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (amount === undefined) return invalid(text);
    rest = rest.slice(amount.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? "";
    rest = rest.slice(unit.length);
    if (unit === "") return { error: `time: missing unit in duration ${quoteGo(text)}` };
    const factor = SECONDS_PER_UNIT.get(unit);
    if (factor === undefined) return { error: `time: unknown unit ${quoteGo(unit)} in duration ${quoteGo(text)}` };
    seconds += Number(amount) * factor;
  }
  return seconds >= LIMIT_SECONDS ? invalid(text) : { seconds: sign * seconds };
}

/** Write a duration as Go does: `168h0m0s`, `1m30s`, `1.5s`, `500ms`, `0s`. */
export function formatGoDuration(seconds: number): string {
  if (seconds === 0) return "0s";
  if (seconds < 0) return `-${formatGoDuration(-seconds)}`;
  if (seconds < 1e-3) return `${decimal(seconds * 1e6)}µs`;
  if (seconds < 1) return `${decimal(seconds * 1e3)}ms`;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${decimal(seconds - hours * 3600 - minutes * 60)}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

const invalid = (text: string): GoDuration => ({ error: `time: invalid duration ${quoteGo(text)}` });

const decimal = (value: number): string => String(Number(value.toFixed(6)));

/** A Go `%q` of ordinary text. */
const quoteGo = (text: string): string => JSON.stringify(text);
