import type { StructuredOptions } from "../structured-options.ts";

/** The options as an `--alpha-config` file, as `--convert-config-to-alpha` prints them. */
export function renderAlpha(_structured: StructuredOptions): string {
  throw new Error("under way");
}
