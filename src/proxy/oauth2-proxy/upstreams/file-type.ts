import { Buffer } from "node:buffer";
import { open } from "node:fs/promises";
import { extname } from "node:path";

import { MAGIC, TYPES } from "./file-type-table.ts";

/** How much of a file is looked at when its name does not tell. */
const SNIFFED_BYTES = 512;

/** The content type of a file: by its name, else by how it begins (WHATWG MIME Sniffing §7), else text or bytes. */
export async function fileType(file: string): Promise<string> {
  return TYPES.get(extname(file).toLowerCase()) ?? typeOf(await beginning(file));
}

/** One character a byte. */
async function beginning(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(SNIFFED_BYTES) });
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function typeOf(text: string): string {
  if (
    /^[\t\n\f\r ]*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i.test(
      text,
    )
  ) {
    return "text/html; charset=utf-8";
  }
  const known = MAGIC.find(([pattern]) => pattern.test(text));
  if (known !== undefined) return known[1];
  return /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(text) ? "application/octet-stream" : "text/plain; charset=utf-8";
}
