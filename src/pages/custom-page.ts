import { sniffContentType } from "./sniff-content-type.ts";

/** The response around a page that the operator's template made. Its own scripts and styles run; another site cannot frame it. */
export function customPage(status: number, body: string): Response {
  return new Response(body, {
    status,
    headers: {
      "Content-Type": sniffContentType(body),
      "Content-Security-Policy": POLICY,
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      "X-Frame-Options": "SAMEORIGIN",
      "Referrer-Policy": "same-origin",
    },
  });
}

/** Templates load what they like from where they like: the operator wrote them, and every value in them is escaped. */
const POLICY =
  "default-src * data: blob: 'unsafe-inline' 'unsafe-eval'; object-src 'none'; frame-ancestors 'self'; base-uri 'self'";
