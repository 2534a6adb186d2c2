import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";

import type { Route } from "../../http/handler.ts";
import type { WebFolder } from "./web-folder.ts";

/** `/static/*`, `/theme/*` and `/robots.txt` of an operator's web folder. Folders are not listed. */
export function folderRoutes(folder: WebFolder, root: string): readonly Route[] {
  const robots = new Uint8Array(folder.robots);
  return [
    { path: `${root}/static/*`, methods: ["GET", "HEAD"], handle: fileHandler(folder.staticFolder) },
    { path: `${root}/theme/*`, methods: ["GET", "HEAD"], handle: fileHandler(folder.themeFolder) },
    {
      path: `${root}/robots.txt`,
      handle: () => new Response(robots, { headers: { "Content-Type": "text/plain; charset=utf-8" } }),
    },
  ];
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
  ".html": "text/html; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};

function fileHandler(folder: string): Route["handle"] {
  return async (request, _peer, { rest = "" }) => {
    const file = await findFile(folder, rest);
    if (file === undefined) return notFound();
    const changed = new Date(Math.trunc(file.changedAt / 1000) * 1000);
    const headers = {
      "Content-Type": TYPES[extname(file.path).toLowerCase()] ?? "application/octet-stream",
      "Last-Modified": changed.toUTCString(),
      "X-Content-Type-Options": "nosniff",
    };
    const since = Date.parse(request.headers.get("if-modified-since") ?? "");
    if (since >= changed.getTime()) return new Response(null, { status: 304, headers });
    return new Response(new Uint8Array(await readFile(file.path)), { headers });
  };
}

interface FoundFile {
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
}

/** A file below the folder, by its encoded path; nothing that lies elsewhere, not by a link either. */
async function findFile(folder: string, encoded: string): Promise<FoundFile | undefined> {
  try {
    const name = decodeURIComponent(encoded);
    if (name.includes("\0") || name.split("/").includes("..")) return undefined;
    const [base, path] = await Promise.all([realpath(folder), realpath(join(folder, name))]);
    if (!path.startsWith(base + sep)) return undefined;
    const found = await stat(path);
    return found.isFile() ? { path, changedAt: found.mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}

function notFound(): Response {
  return new Response("404 page not found\n", {
    status: 404,
    headers: { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" },
  });
}
