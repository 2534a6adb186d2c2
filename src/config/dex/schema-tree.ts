import type { DexKey } from "./schema.ts";

/** The table as a tree: what may stand where in the file. */
export type SchemaNode =
  | { readonly kind: "value"; readonly key: DexKey }
  | SchemaObject
  | { readonly kind: "list"; readonly item: SchemaObject };

export interface SchemaObject {
  readonly kind: "object";
  /** By name in lower case. */
  readonly fields: Map<string, { readonly name: string; node: SchemaNode }>;
}

/** Build the tree of a part of the table, such as all of it, or the keys of one kind of connector. */
export function schemaTree(keys: readonly DexKey[]): SchemaObject {
  const root: SchemaObject = { kind: "object", fields: new Map() };
  for (const key of keys) insert(root, key.path.split("."), key);
  return root;
}

function insert(parent: SchemaObject, steps: readonly string[], key: DexKey): void {
  const [step = "", ...rest] = steps;
  const name = step.replace(/\[\]$/, "");
  if (rest.length === 0) {
    parent.fields.set(name.toLowerCase(), { name, node: { kind: "value", key } });
    return;
  }
  const known = parent.fields.get(name.toLowerCase())?.node;
  const child = objectOf(known) ?? { kind: "object", fields: new Map() };
  const node: SchemaNode = step.endsWith("[]") ? { kind: "list", item: child } : child;
  if (known === undefined) parent.fields.set(name.toLowerCase(), { name, node });
  insert(child, rest, key);
}

function objectOf(node: SchemaNode | undefined): SchemaObject | undefined {
  if (node?.kind === "list") return node.item;
  return node?.kind === "object" ? node : undefined;
}
