import { constants, openAsBlob, type Stats } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { basename, join, sep } from "node:path";

import { readByteRange } from "./byte-range.ts";
import { directoryListing } from "./directory-listing.ts";
import { failedPrecondition } from "./file-conditions.ts";
import { fileType } from "./file-type.ts";
import { movedPermanently, plainError } from "./own-answer.ts";
import { cleanPath } from "./request-path.ts";

/**
 * @param path decoded, below the folder; empty = the folder itself.
 * @param search the query with its `?`; kept in redirects.
 */
export type ServeFile = (request: Request, path: string, search: string) => Promise<Response>;

/**
 * The files of a folder: `index.html` or a listing for a folder, ranges, conditional requests. Any method is answered like GET.
 *
 * Nothing outside of the folder is served, not by `..` and not by a symbolic link either. The folder itself, and anything
 * between folder and file, may be a link, as in a Kubernetes volume.
 */
export function createFileServer(directory: string): ServeFile {
  return async (request, path, search) => {
    const asked: Asked = { request, directory, path: path.startsWith("/") ? path : `/${path}`, search };
    try {
      return await serve(asked);
    } catch (error) {
      return failure(error);
    }
  };
}

interface Asked {
  readonly request: Request;
  readonly directory: string;
  /** Rooted. */
  readonly path: string;
  readonly search: string;
}

const INDEX = "/index.html";

async function serve(asked: Asked): Promise<Response> {
  const { path } = asked;
  if (path.endsWith(INDEX)) return redirectTo(asked, "./");
  const found = await find(asked.directory, path);
  if (found === undefined) return notFound();
  const name = encodeURIComponent(basename(cleanPath(path)));
  if (!found.stats.isDirectory()) return path.endsWith("/") ? redirectTo(asked, `../${name}`) : serveFile(asked, found);
  if (!path.endsWith("/")) return redirectTo(asked, `${name}/`);
  const index = await find(asked.directory, `${path}${INDEX}`).catch(() => undefined);
  return index?.stats.isFile() === true ? serveFile(asked, index) : serveListing(asked, found);
}

interface Found {
  /** Without symbolic links. */
  readonly file: string;
  readonly stats: Stats;
}

/** @returns undefined for what is neither file nor folder, or not below the folder. */
async function find(directory: string, path: string): Promise<Found | undefined> {
  if (path.includes("\0")) return undefined;
  const root = await realpath(directory);
  const file = await realpath(join(root, cleanPath(path).replace(/\/$/, "")));
  if (file !== root && !file.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
  const stats = await stat(file);
  return stats.isFile() || stats.isDirectory() ? { file, stats } : undefined;
}

async function serveFile({ request }: Asked, { file, stats }: Found): Promise<Response> {
  await access(file, constants.R_OK);
  const headers = new Headers({ "last-modified": stats.mtime.toUTCString() });
  const refused = failedPrecondition(request, stats.mtime);
  if (refused !== undefined) return new Response(null, { status: refused, headers });
  headers.set("content-type", await fileType(file));
  headers.set("accept-ranges", "bytes");
  const { size } = stats;
  const range = readByteRange(request.headers, size, stats.mtime);
  if (range === "malformed") return plainError(416, "invalid range");
  if (range === "unsatisfiable") return unsatisfiable(size);
  const { start, end } = range ?? { start: 0, end: size };
  if (range !== undefined) headers.set("content-range", `bytes ${start}-${end - 1}/${size}`);
  const status = range === undefined ? 200 : 206;
  if (request.method === "HEAD") headers.set("content-length", String(end - start));
  const isBodyless = request.method === "HEAD" || start === end;
  return new Response(isBodyless ? null : (await openAsBlob(file)).slice(start, end), { status, headers });
}

function unsatisfiable(size: number): Response {
  const answer = plainError(416, "invalid range: failed to overlap");
  answer.headers.set("content-range", `bytes */${size}`);
  return answer;
}

async function serveListing({ request }: Asked, { file, stats }: Found): Promise<Response> {
  const headers = { "last-modified": stats.mtime.toUTCString() };
  const refused = failedPrecondition(request, stats.mtime);
  if (refused !== undefined) return new Response(null, { status: refused, headers });
  const body = await directoryListing(file);
  return new Response(body, { headers: { ...headers, "content-type": "text/html; charset=utf-8" } });
}

function redirectTo({ search }: Asked, location: string): Response {
  return movedPermanently(location + search);
}

function notFound(): Response {
  return plainError(404, "404 page not found");
}

function failure(error: unknown): Response {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "ENAMETOOLONG") return notFound();
  if (code === "EACCES" || code === "EPERM") return plainError(403, "403 Forbidden");
  throw error;
}
