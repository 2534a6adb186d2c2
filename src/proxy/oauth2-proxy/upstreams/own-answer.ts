import type { AnswerFields } from "./upstream-request.ts";

/** Add the fields that go along to an answer of our own. @returns the same response. */
export function withAnswerFields(response: Response, { responseHeaders, setCookies }: AnswerFields): Response {
  for (const [name, value] of responseHeaders) response.headers.append(name, value);
  for (const cookie of setCookies) response.headers.append("set-cookie", cookie);
  return response;
}

/** A short text as Go's servers answer an error: a line, which no browser takes for anything else. */
export function plainError(status: number, text: string): Response {
  const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
  return new Response(`${text}\n`, { status, headers });
}

export function movedPermanently(location: string): Response {
  return new Response(null, { status: 301, headers: { location } });
}

/** A fixed answer of `static://`. */
export function staticAnswer(status: number): Response {
  if (status === 204 || status === 205 || status === 304) return new Response(null, { status });
  return new Response("Authenticated", { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
