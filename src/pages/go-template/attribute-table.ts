import type { AttributeKind } from "./html-context.ts";

const URLS: ReadonlySet<string> = new Set([
  "action",
  "archive",
  "background",
  "cite",
  "classid",
  "codebase",
  "data",
  "formaction",
  "href",
  "icon",
  "longdesc",
  "manifest",
  "poster",
  "profile",
  "src",
  "usemap",
  "xmlns",
]);

/** Names that a template may spell out but a value may not become: they change what the page or form does. */
const POWERFUL: ReadonlySet<string> = new Set([
  "accept-charset",
  "async",
  "challenge",
  "charset",
  "code",
  "content",
  "crossorigin",
  "defer",
  "enctype",
  "form",
  "formenctype",
  "formmethod",
  "formnovalidate",
  "http-equiv",
  "keytype",
  "language",
  "method",
  "novalidate",
  "pattern",
  "rel",
  "sandbox",
  "srcdoc",
  "type",
  "value",
]);

/** What the value of an attribute is, by its name. Unknown names that sound like an address are taken for one. */
export function attributeKind(name: string): AttributeKind {
  const own = ownName(name.toLowerCase());
  if (own === "srcdoc") return "markup";
  if (own === "srcset" || own === "imagesrcset") return "url-list";
  if (own === "style") return "style";
  if (own.startsWith("on")) return "script";
  const soundsLikeUrl = !POWERFUL.has(own) && /src|uri|url/.test(own);
  return URLS.has(own) || soundsLikeUrl ? "url" : "plain";
}

/** A name that a value may become: a harmless one, of letters and digits. */
export function isHarmlessName(name: string): boolean {
  return /^[a-z0-9]+$/.test(name) && !POWERFUL.has(name) && attributeKind(name) === "plain";
}

/** Without `data-` or a namespace; a declaration of a namespace is an address. */
function ownName(name: string): string {
  if (name.startsWith("data-")) return name.slice(5);
  const colon = name.indexOf(":");
  if (colon === -1) return name;
  return name.startsWith("xmlns:") ? "xmlns" : name.slice(colon + 1);
}
