import type { Target } from "./target.ts";

/** Finds the first application whose host pattern matches a target. */
export type FindApp<App> = (target: Target) => App | undefined;

/**
 * Prepare the host patterns of applications: `wiki.example.com`, `*.example.com` (one or more labels, not the domain
 * itself). A pattern without a port matches the default port only, `:8443` that port, `:*` any.
 *
 * The first match in the order given wins, however many exact names there are: they lie in a map.
 */
export function createFindApp<App extends { readonly host: string }>(apps: readonly App[]): FindApp<App> {
  const exact = new Map<string, { readonly app: App; readonly index: number }>();
  const patterns: { readonly app: App; readonly index: number; readonly matches: (target: Target) => boolean }[] = [];
  for (const [index, app] of apps.entries()) {
    const pattern = app.host.toLowerCase();
    if (pattern.includes("*")) patterns.push({ app, index, matches: compile(pattern) });
    else if (!exact.has(pattern)) exact.set(pattern, { app, index });
  }
  return (target) => {
    const found = exact.get(target.port === "" ? target.host : `${target.host}:${target.port}`);
    for (const pattern of patterns) {
      if (found !== undefined && found.index < pattern.index) break;
      if (pattern.matches(target)) return pattern.app;
    }
    return found?.app;
  };
}

function compile(pattern: string): (target: Target) => boolean {
  const [, name = "", port = ""] = /^(.*?)(?::(\d+|\*))?$/.exec(pattern) ?? [];
  const matchesName = compileName(name);
  return (target) => (port === "*" || port === target.port) && matchesName(target.host);
}

function compileName(name: string): (host: string) => boolean {
  if (!name.startsWith("*.")) return (host) => host === name;
  const suffix = name.slice(1);
  return (host) => host.length > suffix.length && host.endsWith(suffix);
}
