import { createHash } from "node:crypto";

import type { Route } from "../http/handler.ts";

/** A file under an address that changes with its content, so that it may be kept for ever. */
export interface StaticFile {
  readonly href: string;
  readonly route: Route;
}

export interface StaticContent {
  readonly bytes: Uint8Array;
  readonly type: "text/css" | "image/svg+xml" | "image/png";
}

const EXTENSION: Readonly<Record<StaticContent["type"], string>> = {
  "text/css": "css",
  "image/svg+xml": "svg",
  "image/png": "png",
};

/** @param pathPrefix where static routes live, without a trailing slash. */
export function createStaticFile(pathPrefix: string, content: StaticContent): StaticFile {
  // A copy: whoever handed the bytes over may use their memory again.
  const bytes = new Uint8Array(content.bytes);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const href = `${pathPrefix}/${hash}.${EXTENSION[content.type]}`;
  const headers = {
    "Content-Type": content.type.startsWith("text/") ? `${content.type}; charset=utf-8` : content.type,
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    // An operator's SVG, opened by itself, is a document in our origin and must not run scripts.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  };
  return {
    href,
    route: { path: href, methods: ["GET", "HEAD"], handle: () => new Response(bytes, { headers }) },
  };
}
