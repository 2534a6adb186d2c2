/**
 * Are these two spellings of one distinguished name? Case, spaces around separators and the way of escaping may differ
 * (RFC 4514 §2.4): a directory that was upgraded or a replica may write them otherwise.
 */
export function isSameDn(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

function canonical(dn: string): string {
  return dn
    .replace(/((?:\\[0-9a-f]{2})+)|\\(.)/gis, (_escape, bytes: string | undefined, character: string | undefined) =>
      escapeSeparators(character ?? Buffer.from((bytes ?? "").replaceAll("\\", ""), "hex").toString("utf8")),
    )
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(/ ?([,;+=]) ?/g, "$1")
    .trim();
}

/** What was escaped and separates parts otherwise stays escaped, in one way. */
function escapeSeparators(text: string): string {
  return text.replace(/[,;+\\]/g, (character) => `\\${character.charCodeAt(0).toString(16)}`);
}
