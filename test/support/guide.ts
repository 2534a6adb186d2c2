import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The first block of a language in a page of the documentation, as people copy it.
 *
 * @param page from the repository's root, such as `docs/guide/behind-nginx.md`.
 * @throws when there is none.
 */
export function example(page: string, language: string): string {
  const text = readFileSync(join(import.meta.dir, "../..", page), "utf8");
  const block = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(text)?.[1];
  if (block === undefined) throw new Error(`${page} has no ${language} block`);
  return block;
}

/**
 * Put what a test machine has in the place of what an example says, everywhere in it.
 *
 * @throws when the example does not say it, so that a changed example cannot quietly go untested.
 */
export function adapt(text: string, changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((adapted, [from, to]) => {
    if (!adapted.includes(from)) throw new Error(`the example does not say ${from}: ${adapted}`);
    return adapted.replaceAll(from, to);
  }, text);
}
