/** A JSON answer. `body` is already serialised, because some callers must write it byte for byte as the originals do. */
export function jsonResponse(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { status, headers: { "Content-Type": "application/json", ...headers } });
}
