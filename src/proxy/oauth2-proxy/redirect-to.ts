import type { RequestScope } from "./request-scope.ts";
import { cleanPath } from "./upstreams/request-path.ts";

/** A redirect as the original writes it: a path is cleaned, what is not ASCII is escaped. Cookies of the scope go along. */
export function redirectTo({ request, cookies }: RequestScope, status: 302 | 308, location: string): Response {
  const place = escapeNonAscii(cleanLocation(location));
  const headers = new Headers({ Location: place });
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  if (request.method !== "GET" && request.method !== "HEAD") return new Response(null, { status, headers });
  headers.set("Content-Type", "text/html; charset=utf-8");
  return new Response(`<a href="${escapeAttribute(place)}">${STATUS_TEXT[status]}</a>.\n\n`, { status, headers });
}

const STATUS_TEXT = { 302: "Found", 308: "Permanent Redirect" } as const;

const NAMED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escapeAttribute(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => NAMED[mark] ?? `&#${mark.charCodeAt(0)};`);
}

function cleanLocation(location: string): string {
  if (!location.startsWith("/")) return location;
  const mark = location.indexOf("?");
  const path = mark === -1 ? location : location.slice(0, mark);
  return cleanPath(path) + location.slice(path.length);
}

function escapeNonAscii(text: string): string {
  return text.replace(/[^\0-\x7f]+/gu, (run) =>
    [...Buffer.from(run)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}
