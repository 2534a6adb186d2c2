/**
 * Standard base64 with its padding, line breaks between, as Go reads it.
 *
 * @returns the UTF-8 text of the bytes; undefined for anything else.
 */
export function decodeBase64(text: string): string | undefined {
  const packed = text.replace(/[\r\n]/g, "");
  const isBase64 = packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
  return isBase64 ? Buffer.from(packed, "base64").toString("utf8") : undefined;
}
