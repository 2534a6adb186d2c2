import type { Problem } from "../problem.ts";
import type { Place } from "./config-object.ts";

/** The problem of a wrong value at a place. */
export function errorAt(place: Place, message: string, remedy: string): Problem {
  return { severity: "error", ...place, message: sentence(message), remedy };
}

/** Something that works, but not as its writer may believe. */
export function warningAt(place: Place, message: string, remedy: string): Problem {
  return { severity: "warning", ...place, message: sentence(message), remedy };
}

/** The error for a key, or a value of one, that dex knows and Gatehouse does not yet. */
export function notSupportedYet(place: Place, what: string): Problem {
  return errorAt(place, `not supported yet: ${what}`, "Remove it, or keep the original for now.");
}

/** The original's texts carry no full stop. */
const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
