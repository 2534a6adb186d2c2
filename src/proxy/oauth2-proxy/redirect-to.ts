import { posix } from "node:path";

import type { RequestScope } from "./request-scope.ts";

/** A redirect as the original writes it: a path is cleaned, what is not ASCII is escaped. Cookies of the scope go along. */
export function redirectTo({ cookies }: RequestScope, status: 301 | 302 | 308, location: string): Response {
  const headers = new Headers({ Location: escapeNonAscii(cleanLocation(location)) });
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return new Response(null, { status, headers });
}

function cleanLocation(location: string): string {
  if (!location.startsWith("/")) return location;
  const mark = location.indexOf("?");
  const path = mark === -1 ? location : location.slice(0, mark);
  return cleanPath(path) + location.slice(path.length);
}

/** Dot segments and double slashes resolved; a trailing slash stays. */
export function cleanPath(path: string): string {
  const cleaned = posix.normalize(path).replace(/^\/{2,}/, "/");
  return cleaned;
}

function escapeNonAscii(text: string): string {
  return text.replace(/[^\0-\x7f]+/gu, (run) =>
    [...Buffer.from(run)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}
