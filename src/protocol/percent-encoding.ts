/**
 * A percent sign that begins no escape, with the two characters behind it at most, as Go names it; undefined = there is none.
 * Programs read such text in different ways, so what one of them judged must not reach another.
 */
export function brokenEscape(text: string): string | undefined {
  return text.includes("%") ? /%(?![\da-f]{2}).{0,2}/is.exec(text)?.[0] : undefined;
}

/**
 * What is wrong with a query, or a body that is written as one, in Go's words; undefined when all programs read it alike. A semicolon
 * separates parameters for some and belongs to a value for others.
 */
export function queryProblem(query: string): string | undefined {
  if (query.includes(";")) return "invalid semicolon separator in query";
  const broken = brokenEscape(query);
  return broken === undefined ? undefined : `invalid URL escape ${JSON.stringify(broken)}`;
}
