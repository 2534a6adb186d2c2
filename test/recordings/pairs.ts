import { percentEncode } from "./placeholders.ts";

/** A name and its value: of a header or a parameter. */
export type Pair = readonly [name: string, value: string];

/** Order pairs by name, those of one name by value. */
export function byNameThenValue([name, value]: Pair, [otherName, otherValue]: Pair): number {
  if (name !== otherName) return name < otherName ? -1 : 1;
  return value < otherValue ? -1 : Number(value > otherValue);
}

/** `application/x-www-form-urlencoded`; characters in `asTheyAre` stay unescaped. */
export function formEncode(pairs: Iterable<Pair>, asTheyAre = ""): string {
  return [...pairs].map((pair) => pair.map((text) => encodeField(text, asTheyAre)).join("=")).join("&");
}

function encodeField(text: string, asTheyAre: string): string {
  return Array.from(text, (character) => {
    if (character === " ") return "+";
    return asTheyAre.includes(character) ? character : percentEncode(character);
  }).join("");
}
