import type { Problem } from "../problem.ts";
import { errorAt, type Place, warningAt } from "./raw-setting.ts";
import type { ChangedOption, Settings } from "./settings.ts";

/** Every set option that is not honoured: an error, or a warning where leaving it out changes nothing. */
export function refuseUnsupported(settings: Settings): readonly Problem[] {
  return settings.changed().flatMap(judge);
}

function judge({ option, place }: ChangedOption): readonly Problem[] {
  if (option.status === "supported") return [];
  if (option.status === "notYet") return [notSupportedYet(place, `--${option.flag}`)];
  return [warningAt(place, `--${option.flag} has no effect.`, option.status.accepted)];
}

/** The error for an option, or a value of one, that the original knows and Gatehouse does not yet. */
export function notSupportedYet(place: Place, what: string): Problem {
  return errorAt(place, `not supported yet: ${what}`, "Remove it, or keep the original for now.");
}
