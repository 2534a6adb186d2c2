import type { Pipe } from "./nodes.ts";

/** An escaping that a template asks for itself, at the end of a pipeline. */
export type AskedFor = "html" | "urlquery";

/**
 * A pipeline that ends in `html` or `urlquery`, and what it hands to that; undefined for any other. Output that is escaped anyway
 * would be escaped twice, so what was asked for takes the place of the escaping of its kind instead.
 */
export function escapingAskedFor(pipe: Pipe): { readonly asked: AskedFor; readonly argument: Pipe } | undefined {
  const last = pipe.commands.at(-1);
  if (last?.first.kind !== "function" || pipe.variables.length > 0) return undefined;
  const { name } = last.first;
  if (name !== "html" && name !== "urlquery") return undefined;
  const before = pipe.commands.slice(0, -1);
  // Several arguments are printed one after the other, as `print` does.
  const print = { first: { kind: "function", name: "print" } as const, rest: last.rest };
  const commands = last.rest.length > 0 ? [...before, print] : before;
  return commands.length === 0 ? undefined : { asked: name, argument: { ...pipe, commands } };
}
