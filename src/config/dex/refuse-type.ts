import { nearestName } from "../nearest-name.ts";
import type { Problem } from "../problem.ts";
import { type ConfigObject, placeAt, textAt } from "./config-object.ts";
import { errorAt, notSupportedYet } from "./dex-problem.ts";
import { DEX_TYPES_NOT_YET, DEX_VARIANTS } from "./variants.ts";

/** Refuse a `type` we do not have, telling one dex has from one nobody has. True when it was refused. */
export function refuseType(
  { problems }: { readonly problems: Problem[] },
  object: ConfigObject,
  kind: "storage" | "signer" | "connector",
): boolean {
  const path = kind === "connector" ? "connectors[].config" : `${kind}.config`;
  const known = Object.keys(DEX_VARIANTS[path] ?? {});
  const notYet = DEX_TYPES_NOT_YET[path] ?? [];
  const type = textAt(object, "type");
  if (known.includes(type) && !notYet.includes(type)) return false;
  const place = placeAt(object, "type");
  if (notYet.includes(type)) problems.push(notSupportedYet(place, `${place.path}: ${type}`));
  else {
    const near = nearestName(type, known) ?? known[0] ?? "";
    problems.push(errorAt(place, `unknown ${kind} type ${JSON.stringify(type)}`, `Did you mean ${near}?`));
  }
  return true;
}
