import { textOn } from "./colour.ts";

/** Our own mark, an open gate, as an SVG file. */
export function logo(accent: string): string {
  const gate = textOn(accent);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${accent}"/><path fill="${gate}" d="M7 25V15.5a9 9 0 0 1 18 0V25h-4.5v-9.5a4.5 4.5 0 0 0-9 0V25z"/><path fill="${gate}" opacity=".55" d="M14.75 16.5a1.25 1.25 0 0 1 2.5 0V25h-2.5z"/></svg>`;
}
