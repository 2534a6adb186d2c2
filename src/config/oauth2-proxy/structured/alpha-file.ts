import type { StructuredOptions } from "../structured-options.ts";
import type { PlaceOf, StructuredDeps } from "./structured-resolving.ts";

/** What an `--alpha-config` file says. `structured` is absent when the file cannot be read as one, which is in the problems. */
export interface AlphaFile {
  readonly structured?: StructuredOptions;
  readonly placeOf: PlaceOf;
}

export function loadAlphaFile(
  _deps: Pick<StructuredDeps, "env" | "problems">,
  _source: string,
  _text: string,
): AlphaFile {
  throw new Error("under way");
}
