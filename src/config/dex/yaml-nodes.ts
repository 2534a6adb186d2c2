import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from "yaml";

import type { Problem } from "../problem.ts";
import { joinPath, type Place } from "./config-object.ts";
import { errorAt } from "./dex-problem.ts";
import type { YamlDocument } from "./yaml-document.ts";

export interface YamlReading {
  readonly yaml: YamlDocument;
  readonly problems: Problem[];
}

/** A value of the file, and where it stands. */
export interface Entry {
  /** Its key; empty for an item of a list. */
  readonly name: string;
  readonly place: Place;
  readonly node: Node;
}

/** What a scalar says; empty for anything else. */
export const scalarText = (node: Node): string => (isScalar(node) ? String(node.value) : "");

/** What JSON would call it. */
export function kindOf(node: Node): string {
  if (isMap(node)) return "object";
  if (isSeq(node)) return "array";
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "boolean") return "bool";
  if (value === null) return "null";
  return typeof value === "number" || typeof value === "bigint" ? "number" : "string";
}

/** The items of a list; null ones are left out. */
export function itemsOf(reading: YamlReading, node: YAMLSeq, place: Place): readonly Entry[] {
  return node.items.flatMap((item, index) => {
    // The items of a parsed sequence are nodes; the library's type allows for anything.
    const found = resolveAlias(reading, item as Node | null);
    if (found === undefined) return [];
    const itemPlace = { ...placeOf(reading, item as Node, place), path: `${place.path}[${index}]` };
    return [{ name: "", place: itemPlace, node: found }];
  });
}

/** The entries of a mapping, those merged in by `<<` last and each mapping once; null values are left out. */
export function entriesOf(
  reading: YamlReading,
  node: YAMLMap,
  place: Place,
  seen: Set<Node> = new Set(),
): readonly Entry[] {
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

/** Add a name. False when it was there already. */
export function isNew(names: Set<string>, name: string): boolean {
  const before = names.size;
  return names.add(name).size > before;
}

function mergedEntries(reading: YamlReading, node: Node, place: Place, seen: Set<Node>): readonly Entry[] {
  if (isMap(node)) return entriesOf(reading, node, place, seen);
  if (!isSeq(node)) return [];
  return itemsOf(reading, node, place).flatMap((item) =>
    isMap(item.node) ? entriesOf(reading, item.node, place, seen) : [],
  );
}

const isMergeKey = (key: Node): boolean =>
  isScalar(key) && (key.value === "<<" || (typeof key.value === "symbol" && key.value.description === "<<"));

/** The node itself, what an alias stands for, or undefined for null. */
export function resolveAlias(reading: YamlReading, node: Node | null): Node | undefined {
  const target = isAlias(node) ? node.resolve(reading.yaml.document) : node;
  if (target === undefined && isAlias(node)) refuseAlias(reading, node);
  if (target === undefined || target === null || (isScalar(target) && target.value === null)) return undefined;
  return target;
}

function refuseAlias(reading: YamlReading, alias: Alias): void {
  const place = placeOf(reading, alias, { source: reading.yaml.source, line: 1, path: "" });
  const anchor = JSON.stringify(alias.source);
  const message = `error parse config file ${place.source}: yaml: line ${place.line}: unknown anchor ${anchor} referenced`;
  reading.problems.push(errorAt(place, message, "Define the anchor before."));
}

function placeOf(reading: YamlReading, node: Node | null, around: Place): Place {
  const offset = node?.range?.[0];
  return offset === undefined ? around : { ...around, ...reading.yaml.positionOf(offset) };
}
