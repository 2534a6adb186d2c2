/** What may stand in a template. `undefined` and `false` become nothing. */
export type HtmlValue = Html | string | number | undefined | false | readonly HtmlValue[];

/**
 * Markup in which every value has been escaped. Only {@link html} and {@link raw} make it: a class, because data
 * that was parsed from somewhere cannot be an instance of one.
 */
export type Html = Markup;

/**
 * A tagged template that escapes each value, for text and for double-quoted attributes (cross-site scripting).
 * Not for values inside `<script>`, `<style>` or unquoted attributes, which the pages do not have.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Markup(String.raw({ raw: strings }, ...values.map(render)));
}

/** Markup from our own constants. Never for anything that came from a request, a configuration or a store. */
export function raw(markup: string): Html {
  return new Markup(markup);
}

class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.toString();
  if (typeof value === "object") return value.map(render).join("");
  return escapeHtml(String(value));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
