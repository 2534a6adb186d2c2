import { UNSAFE } from "./escape-html.ts";

/** For a string or address inside of a style. */
export function escapeStyleString(text: string): string {
  return text.replace(/[\0\t\n\f\r"&'()+/:;<>\\{}](?=([^0-9a-fA-F \t\n\f\r])?)/g, (mark, following?: string) => {
    if (mark === "\\") return "\\\\";
    // A space ends the escape where what follows could be taken for a part of it.
    return `\\${mark.charCodeAt(0).toString(16)}${following === undefined ? " " : ""}`;
  });
}

/** For a value of a property: a word, number or colour; nothing that could hold more than one value or call something. */
export function filterStyleValue(text: string): string {
  const isUnsafe =
    /[\0"'()/;@[\\\]`{}<>,]|--/.test(text) ||
    /expression|mozbinding/.test(text.replace(/[^a-zA-Z]/g, "").toLowerCase());
  return isUnsafe ? UNSAFE : text;
}
