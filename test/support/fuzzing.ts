import * as fc from "fast-check";

import { PublicError } from "../../src/protocol/public-error.ts";

/**
 * Whatever comes in: no exception but a `PublicError`, which knows how it may be shown. What is accepted keeps its promises.
 * `FUZZ_RUNS` says how many inputs each property gets (CI: 100,000); a failure names its seed, `FUZZ_SEED` repeats it.
 */
export const RUNS = Number(process.env["FUZZ_RUNS"] ?? 2000);
const SEED = process.env["FUZZ_SEED"];
/** How long a property may take, milliseconds. */
export const PATIENCE = 20_000 + RUNS * 20;

/** Pieces that parsers have fallen over. */
const PIECES = [
  "/ // \\ /.. /. ..%2f %2e%2e/ %5c %00 %0d%0a % %zz %ff %c0%af %25 %2F ? # & = ; , : @ [ ] [::1] %25zone { } | ^",
  "` \" ' * ~ $ http:// https:// HTTP:// ws: javascript: data: //evil.test app.example.com .wild.test 127.0.0.1",
  "::ffff:10.0.0.1 10.0.0.1:80 xn--a :80 :443 :0 :65536 :99999 . .. __proto__ constructor toString GET get POST",
  "undefined null 0 -1 1e999 \ufffd \uff0f \u3002 \u200b \u007f \ud800 é 💥 а",
].flatMap((line) => line.split(" "));
const SPACES = [" ", "\t", "\0", "\r\n", "\u0085", "\u00a0", "\u2028"];

/** Anything, and above all what is nearly right. */
export const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PIECES, ...SPACES) }, fc.string({ maxLength: 8 })), {
      maxLength: 14,
    })
    .map((pieces) => pieces.join("")),
);
/** What can stand in a header: one byte a character. */
export const headerText = text.map((value) => value.replaceAll(/[\0\r\n]|[^\0-\xff]/g, "").trim());
export const nullable = fc.option(text);

/** Hold a property for {@link RUNS} inputs; it may throw a `PublicError`. */
export function check<Inputs extends [unknown, ...unknown[]]>(
  arbitraries: { [Index in keyof Inputs]: fc.Arbitrary<Inputs[Index]> },
  property: (...inputs: Inputs) => void,
): void {
  const tolerant = (...inputs: Inputs): void => {
    try {
      property(...inputs);
    } catch (error) {
      if (!(error instanceof PublicError)) throw error;
    }
  };
  const parameters = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
  fc.assert(fc.property(...arbitraries, tolerant), parameters);
}
