import type { Handler, PathParameters, Peer, Route } from "./handler.ts";
import { pathOf } from "./request-target.ts";

/**
 * Find the route of a request by its path and call it.
 *
 * Exact paths win over patterns; among patterns the first registered wins. The path is matched as it was sent:
 * `/oauth2/%61uth` is not `/oauth2/auth`.
 *
 * @param notFound answers what no route has.
 * @param count is told the pattern and the status of each answer.
 */
export function createRouter(
  routes: readonly Route[],
  notFound: Handler,
  count: (route: string, status: number) => void = () => undefined,
): Handler {
  const exact = new Map<string, Route>();
  const patterns: CompiledRoute[] = [];
  for (const route of routes) {
    if (/[:*]/.test(route.path)) patterns.push(compile(route));
    else if (!exact.has(route.path)) exact.set(route.path, route);
  }
  return (request, peer) => {
    const path = pathOf(request);
    const route = exact.get(path);
    if (route !== undefined) return call({ route, count, parameters: {} }, request, peer);
    for (const pattern of patterns) {
      const parameters = pattern.match(path);
      if (parameters !== undefined) return call({ route: pattern.route, count, parameters }, request, peer);
    }
    return notFound(request, peer);
  };
}

interface RouteCall {
  readonly route: Route;
  readonly parameters: PathParameters;
  readonly count: (route: string, status: number) => void;
}

function call({ route, parameters, count }: RouteCall, request: Request, peer: Peer): Response | Promise<Response> {
  if (!allowed(route, request)) return methodNotAllowed(route);
  const response = route.handle(request, peer, parameters);
  if (response instanceof Promise) {
    return response.then((answer) => {
      count(route.path, answer.status);
      return answer;
    });
  }
  count(route.path, response.status);
  return response;
}

interface CompiledRoute {
  readonly route: Route;
  match(path: string): Readonly<Record<string, string>> | undefined;
}

function compile(route: Route): CompiledRoute {
  if (route.path.endsWith("/*")) {
    const prefix = route.path.slice(0, -1);
    return { route, match: (path) => (path.startsWith(prefix) ? { rest: path.slice(prefix.length) } : undefined) };
  }
  const segments = route.path.split("/");
  return { route, match: (path) => matchSegments(segments, path.split("/")) };
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (expected.startsWith(":")) {
      const value = decodeSegment(segment);
      if (value === undefined || value === "") return undefined;
      parameters[expected.slice(1)] = value;
    } else if (expected !== segment) return undefined;
  }
  return parameters;
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function allowed(route: Route, request: Request): boolean {
  if (route.methods === undefined || route.methods.includes(request.method)) return true;
  return request.method === "HEAD" && route.methods.includes("GET");
}

function methodNotAllowed(route: Route): Response {
  return new Response("Method Not Allowed\n", {
    status: 405,
    headers: { Allow: (route.methods ?? []).join(", "), "Content-Type": "text/plain; charset=utf-8" },
  });
}
