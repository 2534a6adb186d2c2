/** The references that occur in attributes which hold a script, style or address; others stay and mean nothing there. */
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  colon: ":",
  sol: "/",
  num: "#",
  quest: "?",
  lpar: "(",
  rpar: ")",
  lbrace: "{",
  rbrace: "}",
  grave: "`",
  bsol: "\\",
  NewLine: "\n",
  Tab: "\t",
  excl: "!",
  dollar: "$",
  equals: "=",
};

/** What a browser reads in the value of an attribute. */
export function unescapeHtml(text: string): string {
  return text.replace(
    /&(?:#[xX]([0-9a-fA-F]+)|#(\d+)|([a-zA-Z]+));?/g,
    (whole, hex?: string, decimal?: string, name = "") => {
      if (hex === undefined && decimal === undefined)
        return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? whole) : whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\uFFFD";
    },
  );
}
