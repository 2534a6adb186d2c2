/** The `html` function of Go's templates. */
export function escapeHtmlFunction(text: string): string {
  return text.replace(/["'&<>\0]/g, (mark) => ESCAPES[mark] ?? "");
}

/** For text between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/["'&<>+\0]/g, (mark) => ESCAPES[mark] ?? "");
}

/** Markup where no tag may begin: what is escaped already stays. */
export function normalizeHtml(text: string): string {
  return text.replace(/["'<>+\0]/g, (mark) => ESCAPES[mark] ?? "");
}

/** For a value without quotes. An empty one would let what follows become the value. */
export function escapeUnquoted(text: string): string {
  if (text === "") return UNSAFE;
  return text.replace(/["'&<>+\0\t\n\v\f\r =`]/g, (mark) => ESCAPES[mark] ?? "");
}

/** What takes the place of a value that could run something where it stands. */
export const UNSAFE = "ZgotmplZ";

/** The words of some markup, without its tags and comments. */
export function stripTags(markup: string): string {
  if (!markup.includes("<")) return markup;
  return markup
    .replace(/<!--[^]*?(?:-->|$)/g, "")
    .replace(/<(?:script|style)\b[^]*?(?:<\/(?:script|style)[^>]*>|$)/gi, "")
    .replace(/<\/?[a-zA-Z](?:"[^"]*"|'[^']*'|[^'">])*(?:>|$)/g, "");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "\uFFFD",
  "\t": "&#9;",
  "\n": "&#10;",
  "\v": "&#11;",
  "\f": "&#12;",
  "\r": "&#13;",
  " ": "&#32;",
  '"': "&#34;",
  "&": "&amp;",
  "'": "&#39;",
  "+": "&#43;",
  "<": "&lt;",
  "=": "&#61;",
  ">": "&gt;",
  "`": "&#96;",
};
