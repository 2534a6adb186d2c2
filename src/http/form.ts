import { PublicError } from "../protocol/public-error.ts";

/** The largest form body that is read, in bytes. */
export const FORM_LIMIT_BYTES = 64 * 1024;
const FORM_SECONDS = 20;

/**
 * The fields of a form body (`application/x-www-form-urlencoded`). Another content type gives no fields.
 *
 * @param patienceSeconds how long the whole body may take: a byte now and then would hold a connection for ever. Default 20.
 * @throws {PublicError} 413 when the body is larger than 64 KiB; it is not read further than that. 408 when it takes too long, 400 when
 *   it is not UTF-8.
 */
export async function readForm(request: Request, patienceSeconds = FORM_SECONDS): Promise<URLSearchParams> {
  return new URLSearchParams(await readFormText(request, patienceSeconds));
}

/** {@link readForm} as it was sent; empty where there is no form. */
export async function readFormText(request: Request, patienceSeconds = FORM_SECONDS): Promise<string> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) return "";
  if (Number(request.headers.get("content-length") ?? 0) > FORM_LIMIT_BYTES) throw tooLarge();
  const body = await readLimited(request.body, patienceSeconds);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw new PublicError({ status: 400, code: "bad_request", publicMessage: "The form is not UTF-8 text.", cause });
  }
}

async function readLimited(stream: ReadableStream<Uint8Array> | null, patienceSeconds: number): Promise<Uint8Array> {
  if (stream === null) return new Uint8Array();
  const reader = stream.getReader();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => undefined); // ends the read that waits
  }, patienceSeconds * 1000);
  const body = await readAll(reader).finally(() => {
    clearTimeout(timer);
    reader.cancel().catch(() => undefined);
  });
  if (isLate) throw tooSlow();
  return body;
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.byteLength;
    if (size > FORM_LIMIT_BYTES) throw tooLarge();
    chunks.push(read.value);
  }
  return Buffer.concat(chunks);
}

function tooSlow(): PublicError {
  return new PublicError({ status: 408, code: "form_too_slow", publicMessage: "The form did not arrive in time." });
}

function tooLarge(): PublicError {
  return new PublicError({
    status: 413,
    code: "payload_too_large",
    publicMessage: `The form is larger than ${FORM_LIMIT_BYTES / 1024} KiB.`,
  });
}
