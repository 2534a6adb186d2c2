import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import { nearestName } from "../nearest-name.ts";
import type { Problem } from "../problem.ts";
import { type ConfigField, type ConfigObject, type ConfigValue, joinPath, type Place } from "./config-object.ts";
import { errorAt, notSupportedYet, warningAt } from "./dex-problem.ts";
import { DEX_KEYS, DEX_VARIANTS, type DexKey } from "./schema.ts";
import { type SchemaNode, type SchemaObject, schemaTree } from "./schema-tree.ts";
import type { YamlDocument } from "./yaml-document.ts";

/** The file with its types checked, and everything in it that is unknown, wrongly typed or not supported yet. */
export interface ReadConfig {
  /** Undefined when the file is no mapping at all. */
  readonly root: ConfigObject | undefined;
  readonly problems: readonly Problem[];
}

interface Reading {
  readonly yaml: YamlDocument;
  readonly problems: Problem[];
  /** What becomes of text in the part being read. */
  readonly expand: (text: string) => string;
}

/**
 * Walk the file along the table. Keys are matched without regard to case; null is as good as absent.
 *
 * @param expand what becomes of text in `storage.config`, `signer.config` and `connectors[].config`.
 */
export function readConfig(yaml: YamlDocument, expand: (text: string) => string): ReadConfig {
  const reading: Reading = { yaml, problems: [], expand };
  const place: Place = { source: yaml.source, line: 1, column: 1, path: "" };
  const top = resolveAlias(reading, yaml.document.contents);
  const root = top === undefined ? emptyAt(place) : readObject(reading, top, schemaTree(DEX_KEYS), place);
  return { root, problems: reading.problems };
}

const emptyAt = (place: Place): ConfigObject => ({ place, fields: new Map() });

interface Entry {
  readonly name: string;
  readonly place: Place;
  readonly node: Node;
}

function readObject(reading: Reading, node: Node, schema: SchemaObject, place: Place): ConfigObject | undefined {
  if (!isMap(node)) {
    refuseType(reading, place, node, "a mapping");
    return undefined;
  }
  const object: ConfigObject = { place, fields: new Map() };
  const variants: [Entry, DexKey][] = [];
  const seen = new Set<string>();
  for (const entry of entriesOf(reading, node, place)) {
    const known = schema.fields.get(entry.name.toLowerCase());
    if (known === undefined) refuseUnknown(reading, entry, schema);
    else if (!isNew(seen, known.name)) reading.problems.push(errorAt(entry.place, "given twice.", "Keep one."));
    else if (isVariant(known.node)) variants.push([entry, known.node.key]);
    else keep(object, known.name, entry.place, readNode(reading, entry, known.node));
  }
  for (const [entry, key] of variants) keep(object, "config", entry.place, readVariant(reading, object, entry, key));
  return object;
}

function keep(object: ConfigObject, name: string, place: Place, value: ConfigValue | undefined): void {
  if (value !== undefined) object.fields.set(name, { place, value } satisfies ConfigField);
}

const isVariant = (node: SchemaNode): node is { kind: "value"; key: DexKey } =>
  node.kind === "value" && node.key.type === "variant";

function readNode(reading: Reading, entry: Entry, schema: SchemaNode): ConfigValue | undefined {
  if (schema.kind === "value") return readValue(reading, entry, schema.key);
  if (schema.kind === "object") {
    const object = readObject(reading, entry.node, schema, entry.place);
    return object === undefined ? undefined : { object };
  }
  if (!isSeq(entry.node)) {
    refuseType(reading, entry.place, entry.node, "a list");
    return undefined;
  }
  const objects = itemsOf(reading, entry.node, entry.place).map((item) =>
    readObject(reading, item.node, schema.item, item.place),
  );
  return { objects: objects.filter((object) => object !== undefined) };
}

/** The keys of a `config` depend on the `type` beside it; of a type we do not have, they are not looked at. */
function readVariant(reading: Reading, parent: ConfigObject, entry: Entry, key: DexKey): ConfigValue | undefined {
  const type = parent.fields.get("type")?.value;
  const tables = DEX_VARIANTS[key.path] ?? {};
  if (typeof type !== "string" || !Object.hasOwn(tables, type)) return undefined;
  const object = readObject(reading, entry.node, schemaTree(tables[type] ?? []), entry.place);
  return object === undefined ? undefined : { object: expandAll(object, reading.expand) };
}

function expandAll(object: ConfigObject, expand: (text: string) => string): ConfigObject {
  const fields = [...object.fields].map(
    ([name, { place, value }]) => [name, { place, value: expanded(value, expand) }] as const,
  );
  return { place: object.place, fields: new Map(fields) };
}

function expanded(value: ConfigValue, expand: (text: string) => string): ConfigValue {
  if (typeof value === "string") return expand(value);
  if (typeof value === "boolean") return value;
  if ("object" in value) return { object: expandAll(value.object, expand) };
  if ("objects" in value) return { objects: value.objects.map((item) => expandAll(item, expand)) };
  return value.map(expand);
}

function readValue(reading: Reading, entry: Entry, key: DexKey): ConfigValue | undefined {
  if (key.status === "notYet") {
    if (isSet(reading, entry.node, key)) reading.problems.push(notSupportedYet(entry.place, entry.place.path));
    // Its text is kept for what the original checks across keys.
    return scalarText(entry.node);
  }
  if (key.status !== "supported" && isSet(reading, entry.node, key)) {
    reading.problems.push(warningAt(entry.place, "has no effect.", key.status.accepted));
  }
  if (key.type === "bool") return readBoolean(reading, entry);
  return key.type === "strings" ? readTexts(reading, entry) : readText(reading, entry);
}

function readText(reading: Reading, entry: Entry): string | undefined {
  if (isScalar(entry.node) && typeof entry.node.value === "string") return entry.node.value;
  refuseType(reading, entry.place, entry.node, "string");
  return undefined;
}

function readBoolean(reading: Reading, entry: Entry): boolean | undefined {
  if (isScalar(entry.node) && typeof entry.node.value === "boolean") return entry.node.value;
  refuseType(reading, entry.place, entry.node, "bool");
  return undefined;
}

function readTexts(reading: Reading, entry: Entry): readonly string[] | undefined {
  if (!isSeq(entry.node)) {
    refuseType(reading, entry.place, entry.node, "[]string");
    return undefined;
  }
  const items = itemsOf(reading, entry.node, entry.place).map((item) => readText(reading, item));
  return items.filter((item) => item !== undefined);
}

/** Whether a key that is not honoured was given a value that means something. */
function isSet(reading: Reading, node: Node, key: DexKey): boolean {
  if (isMap(node)) return node.items.length > 0;
  if (isSeq(node)) {
    const items = itemsOf({ ...reading, problems: [] }, node, { source: "", path: "" }).map((item) =>
      scalarText(item.node),
    );
    return items.length > 0 && items.join(",") !== key.default;
  }
  const text = scalarText(node);
  return key.default === undefined ? text !== "" && text !== "false" : text !== "" && text !== key.default;
}

const scalarText = (node: Node): string => (isScalar(node) ? String(node.value) : "");

function refuseUnknown(reading: Reading, entry: Entry, schema: SchemaObject): void {
  const near = nearestName(
    entry.name,
    [...schema.fields.values()].map((field) => field.name),
  );
  const remedy = near === undefined ? "Remove it." : `Did you mean ${near}?`;
  reading.problems.push(errorAt(entry.place, `unknown key "${entry.name}".`, remedy));
}

const REMEDIES = {
  string: "Write text.",
  bool: "Write true or false, without quotes.",
  "[]string": "Write a list of texts, such as [a, b].",
  "a list": "Write a list.",
  "a mapping": "Write keys with values.",
} as const;

function refuseType(reading: Reading, place: Place, node: Node, wanted: keyof typeof REMEDIES): void {
  const found = kindOf(node);
  const remedy = wanted === "string" && ["number", "bool"].includes(found) ? "Put it into quotes." : REMEDIES[wanted];
  reading.problems.push(errorAt(place, `cannot unmarshal ${found} into ${wanted}.`, remedy));
}

function kindOf(node: Node): string {
  if (isMap(node)) return "object";
  if (isSeq(node)) return "array";
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "boolean") return "bool";
  if (value === null) return "null";
  return typeof value === "number" || typeof value === "bigint" ? "number" : "string";
}

function itemsOf(reading: Reading, node: YAMLSeq, place: Place): readonly Entry[] {
  return node.items.flatMap((item, index) => {
    // The items of a parsed sequence are nodes; the library's type allows for anything.
    const found = resolveAlias(reading, item as Node | null);
    if (found === undefined) return [];
    const itemPlace = { ...placeOf(reading, item as Node, place), path: `${place.path}[${index}]` };
    return [{ name: "", place: itemPlace, node: found }];
  });
}

/** The entries of a mapping, those merged in by `<<` last and each mapping once; null values are left out. */
function entriesOf(reading: Reading, node: YAMLMap, place: Place, seen: Set<Node> = new Set()): readonly Entry[] {
  if (seen.has(node)) return [];
  seen.add(node);
  const own: Entry[] = [];
  const merged: Entry[] = [];
  // The keys and values of a parsed mapping are nodes; the library's type allows for anything.
  for (const pair of node.items as Pair<Node, Node | null>[]) {
    const value = resolveAlias(reading, pair.value);
    if (value === undefined) continue;
    if (isMergeKey(pair.key)) merged.push(...mergedEntries(reading, value, place, seen));
    else {
      const name = scalarText(pair.key);
      own.push({
        name,
        place: { ...placeOf(reading, pair.key, place), path: joinPath(place.path, name) },
        node: value,
      });
    }
  }
  const names = new Set(own.map((entry) => entry.name.toLowerCase()));
  return [...own, ...merged.filter((entry) => isNew(names, entry.name.toLowerCase()))];
}

function isNew(names: Set<string>, name: string): boolean {
  const before = names.size;
  return names.add(name).size > before;
}

function mergedEntries(reading: Reading, node: Node, place: Place, seen: Set<Node>): readonly Entry[] {
  if (isMap(node)) return entriesOf(reading, node, place, seen);
  if (!isSeq(node)) return [];
  return itemsOf(reading, node, place).flatMap((item) =>
    isMap(item.node) ? entriesOf(reading, item.node, place, seen) : [],
  );
}

const isMergeKey = (key: Node): boolean =>
  isScalar(key) && (key.value === "<<" || (typeof key.value === "symbol" && key.value.description === "<<"));

/** The node itself, what an alias stands for, or undefined for null. */
function resolveAlias(reading: Reading, node: Node | null): Node | undefined {
  const target = isAlias(node) ? node.resolve(reading.yaml.document) : node;
  if (target === undefined && isAlias(node)) refuseAlias(reading, node);
  if (target === undefined || target === null || (isScalar(target) && target.value === null)) return undefined;
  return target;
}

function refuseAlias(reading: Reading, alias: Alias): void {
  const place = placeOf(reading, alias, { source: reading.yaml.source, line: 1, path: "" });
  const anchor = JSON.stringify(alias.source);
  const message = `error parse config file ${place.source}: yaml: line ${place.line}: unknown anchor ${anchor} referenced`;
  reading.problems.push(errorAt(place, message, "Define the anchor before."));
}

function placeOf(reading: Reading, node: Node | null, around: Place): Place {
  const offset = node?.range?.[0];
  return offset === undefined ? around : { ...around, ...reading.yaml.positionOf(offset) };
}
