import type { RouteHandler } from "./handler.ts";

/** Whose scripts may ask, and with which request headers besides those that browsers send anyway. */
export interface CorsRules {
  /** Exact origins, or `*` for all. Empty: no headers are added at all. */
  readonly origins: readonly string[];
  readonly headers: readonly string[];
}

const SIMPLE_METHODS = new Set(["GET", "HEAD", "POST"]);
const SIMPLE_HEADERS = new Set(["accept", "accept-language", "content-language", "origin"]);

/**
 * Let scripts of other origins call a handler (Fetch Standard §3.2), without credentials. A preflight is answered here: 403 for a
 * header, 405 for a method that is not allowed.
 */
export function withCors(rules: CorsRules, handle: RouteHandler): RouteHandler {
  if (rules.origins.length === 0) return handle;
  return async (request, peer, parameters) => {
    const allowed = allowedOrigin(rules, request.headers.get("origin"));
    if (request.method === "OPTIONS") return preflight(rules, request, allowed);
    const response = await handle(request, peer, parameters);
    if (allowed !== undefined) setOrigin(rules, response, allowed);
    return response;
  };
}

/** The value of `Access-Control-Allow-Origin`; undefined when this origin is not allowed. */
function allowedOrigin({ origins }: CorsRules, origin: string | null): string | undefined {
  if (origin === null || origin === "") return undefined;
  if (origins.includes("*")) return "*";
  return origins.includes(origin) ? origin : undefined;
}

function preflight(rules: CorsRules, request: Request, allowed: string | undefined): Response {
  if (allowed === undefined) return new Response(null);
  const method = request.headers.get("access-control-request-method");
  if (method === null) return new Response(null, { status: 400 });
  if (!SIMPLE_METHODS.has(method)) return new Response(null, { status: 405 });
  const wanted = (request.headers.get("access-control-request-headers") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && !SIMPLE_HEADERS.has(name));
  const permitted = new Set(rules.headers.map((name) => name.toLowerCase()));
  if (wanted.some((name) => !permitted.has(name))) return new Response(null, { status: 403 });
  const response = new Response(null);
  if (wanted.length > 0) response.headers.set("Access-Control-Allow-Headers", wanted.map(canonical).join(","));
  setOrigin(rules, response, allowed);
  return response;
}

function setOrigin(rules: CorsRules, response: Response, allowed: string): void {
  response.headers.set("Access-Control-Allow-Origin", allowed);
  // What one origin is told must not be kept for another.
  if (rules.origins.length > 1) response.headers.append("Vary", "Origin");
}

function canonical(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
