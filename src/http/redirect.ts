/**
 * A redirect that no cache keeps.
 *
 * @param status 302 where the original's users expect it, 303 after a form.
 * @param location absolute URL, or an absolute path on this host. Made by code that validated it, never raw input.
 */
export function redirect(status: 302 | 303, location: string, setCookies: readonly string[] = []): Response {
  const headers = new Headers({ Location: location, "Cache-Control": "no-store" });
  for (const cookie of setCookies) headers.append("Set-Cookie", cookie);
  return new Response(null, { status, headers });
}
