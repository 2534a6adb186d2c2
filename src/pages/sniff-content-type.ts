/**
 * The type that Go's server gives a page of this beginning: a template that does not begin like HTML is plain text.
 *
 * @see https://mimesniff.spec.whatwg.org/ §7.1
 */
export function sniffContentType(body: string): string {
  return HTML.test(body) ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
}

const HTML =
  /^[\t\n\f\r ]*<(?:(?:!--|!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)(?=[ >]))/i;
