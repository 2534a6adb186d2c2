import { PublicError } from "../protocol/public-error.ts";

/** The largest form body that is read, in bytes. */
export const FORM_LIMIT_BYTES = 64 * 1024;

/**
 * The fields of a form body (`application/x-www-form-urlencoded`). Another content type gives no fields.
 *
 * @throws {PublicError} 413 when the body is larger than 64 KiB; it is not read further than that. 400 when it is not UTF-8.
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) return new URLSearchParams();
  if (Number(request.headers.get("content-length") ?? 0) > FORM_LIMIT_BYTES) throw tooLarge();
  const body = await readLimited(request.body);
  try {
    return new URLSearchParams(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new PublicError({ status: 400, code: "bad_request", publicMessage: "The form is not UTF-8 text.", cause });
  }
}

async function readLimited(stream: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  if (stream === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > FORM_LIMIT_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): PublicError {
  return new PublicError({
    status: 413,
    code: "payload_too_large",
    publicMessage: `The form is larger than ${FORM_LIMIT_BYTES / 1024} KiB.`,
  });
}
