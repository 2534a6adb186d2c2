/**
 * Is this a browser going to a page, so that a redirect to the sign-in page helps? Everything else (scripts, API
 * clients, WebSocket handshakes, forms) gets a plain 401: a redirect would make `fetch` read HTML, and lose a form's body.
 *
 * @param method of the request that is asked about, which may differ from the check's own.
 * @see Fetch Metadata Request Headers §2.3 (`Sec-Fetch-Mode`)
 */
export function isNavigation(headers: Headers, method: string): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  if (headers.has("x-requested-with") || headers.has("upgrade") || headers.has("sec-websocket-key")) return false;
  const mode = headers.get("sec-fetch-mode");
  if (mode !== null) return mode === "navigate";
  return (headers.get("accept") ?? "").toLowerCase().includes("text/html");
}
