import { isMap, isScalar, isSeq, type Node } from "yaml";
import { parseGoDuration } from "../../go-duration.ts";
import { nearestName } from "../../nearest-name.ts";
import {
  type AlphaEntry,
  type AlphaNode,
  type AlphaYaml,
  entriesOf,
  lineOf,
  refuseAt,
  resolveNode,
} from "./alpha-yaml.ts";

/** A mapping under reading. Names match in any case; those that nobody asked for are refused at the end. */
export interface Section {
  readonly yaml: AlphaYaml;
  /** Empty for the whole file. */
  readonly path: string;
  /** By name in lower case. */
  readonly entries: Map<string, AlphaEntry>;
  readonly asked: Set<string>;
}

export type ReadSection<T> = (section: Section) => T;

/** Read a mapping. One that is not there is read as an empty one, which gives the defaults. */
export function readSection<T>(yaml: AlphaYaml, node: AlphaNode, path: string, read: ReadSection<T>): T {
  if (node !== undefined && !isMap(node)) {
    refuseAt(yaml, path, `expected a map or struct, got ${JSON.stringify(goKind(node))}`, "Write keys with values.");
  }
  const section = { yaml, path, entries: collectEntries(yaml, node, path), asked: new Set<string>() };
  const value = read(section);
  refuseUnknown(section);
  return value;
}

function collectEntries(yaml: AlphaYaml, node: AlphaNode, path: string): Map<string, AlphaEntry> {
  const entries = new Map<string, AlphaEntry>();
  for (const entry of node === undefined ? [] : entriesOf(yaml, node)) {
    const name = entry.key.toLowerCase();
    if (entries.has(name)) {
      const at = join(path, entry.key);
      yaml.places.set(at, entry.line);
      refuseAt(yaml, at, `has invalid keys: ${entry.key} is there twice, in different case`, "Remove one of them.");
    } else entries.set(name, entry);
  }
  return entries;
}

function refuseUnknown({ yaml, path, entries, asked }: Section): void {
  const known = [...asked];
  const lower = new Set(known.map((name) => name.toLowerCase()));
  for (const [name, { key, line }] of entries) {
    if (lower.has(name)) continue;
    const at = join(path, key);
    yaml.places.set(at, line);
    const near = nearestName(key, known);
    const elsewhere = path === "" ? " Everything else is still said by flags, variables or the --config file." : "";
    const remedy = near === undefined ? `Known here: ${known.join(", ")}.${elsewhere}` : `Did you mean ${near}?`;
    refuseAt(yaml, at, `has invalid keys: ${key}`, remedy);
  }
}

/** A mapping inside this one. */
export function child<T>(section: Section, name: string, read: ReadSection<T>): T {
  return readSection(section.yaml, find(section, name), join(section.path, name), read);
}

/** A mapping that may be missing as a whole. */
export function optionalChild<T>(section: Section, name: string, read: ReadSection<T>): T | undefined {
  return find(section, name) === undefined ? undefined : child(section, name, read);
}

/** A list of mappings; undefined when it is missing. */
export function items<T>(
  section: Section,
  name: string,
  read: (item: Section, index: number) => T,
): readonly T[] | undefined {
  const node = find(section, name);
  if (node === undefined) return undefined;
  const path = join(section.path, name);
  return listOf(section, node, path).map((item, index) => {
    const at = markItem(section.yaml, item, `${path}[${index}]`);
    return readSection(section.yaml, resolveNode(section.yaml, item), at, (each) => read(each, index));
  });
}

/** A text; `initial` when it is missing. */
export function text(section: Section, name: string, initial = ""): string {
  return optionalText(section, name) ?? initial;
}

/** A text, or undefined when it is missing. */
export function optionalText(section: Section, name: string): string | undefined {
  const node = find(section, name);
  return node === undefined ? undefined : asText(section.yaml, node, join(section.path, name));
}

export function flag(section: Section, name: string, initial = false): boolean {
  const node = find(section, name);
  if (node === undefined) return initial;
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "boolean") return value;
  refuseType(section.yaml, node, join(section.path, name), { type: "bool", remedy: "Write true or false." });
  return initial;
}

/** A whole number, or undefined when it is missing. */
export function optionalInteger(section: Section, name: string): number | undefined {
  const node = find(section, name);
  if (node === undefined) return undefined;
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "number" && Number.isFinite(value)) return Math.trunc(value);
  refuseType(section.yaml, node, join(section.path, name), { type: "int", remedy: "Write a whole number." });
  return undefined;
}

/** Seconds of a duration: a Go duration, or seconds with a decimal point. A whole number would be nanoseconds in the original. */
export function seconds(section: Section, name: string, initial: number): number {
  const node = find(section, name);
  if (node === undefined) return initial;
  const path = join(section.path, name);
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "string") {
    const parsed = parseGoDuration(value);
    if ("seconds" in parsed) return parsed.seconds;
    refuseAt(section.yaml, path, parsed.error, DURATION_REMEDY);
  } else if (typeof value !== "number") {
    refuseType(section.yaml, node, path, { type: "time.Duration", remedy: DURATION_REMEDY });
  } else if (value === 0 || goKind(node) === "float64") {
    return value;
  } else refuseAt(section.yaml, path, `time: missing unit in duration "${value}"`, DURATION_REMEDY);
  return initial;
}

const DURATION_REMEDY = "Write a duration with a unit, such as 30s or 1m30s.";

/** A list of texts; `initial` when it is missing. */
export function texts(section: Section, name: string, initial: readonly string[] = []): readonly string[] {
  const node = find(section, name);
  if (node === undefined) return initial;
  const path = join(section.path, name);
  return listOf(section, node, path).map((item, index) => {
    const at = markItem(section.yaml, item, `${path}[${index}]`);
    const value = resolveNode(section.yaml, item);
    return value === undefined ? "" : (asText(section.yaml, value, at) ?? "");
  });
}

/** A text, or the list of its bytes, as the original prints secrets. Undefined when it is missing. */
export function optionalBytes(section: Section, name: string): string | undefined {
  const node = find(section, name);
  if (!isSeq(node)) return optionalText(section, name);
  const bytes = node.items.map((item) => (isScalar(item) ? item.value : undefined));
  const known = bytes.filter((byte) => typeof byte === "number" && Number.isInteger(byte) && byte >= 0 && byte < 256);
  if (known.length === bytes.length) return new TextDecoder().decode(Uint8Array.from(known.map(Number)));
  const remedy = "Write the text itself.";
  refuseType(section.yaml, node, join(section.path, name), { type: "[]uint8", remedy });
  return undefined;
}

function find(section: Section, name: string): AlphaNode {
  section.asked.add(name);
  const entry = section.entries.get(name.toLowerCase());
  if (entry === undefined) return undefined;
  section.yaml.places.set(join(section.path, name), entry.line);
  return entry.value;
}

function markItem(yaml: AlphaYaml, item: unknown, path: string): string {
  yaml.places.set(path, lineOf(yaml, item));
  return path;
}

function listOf({ yaml }: Section, node: Node, path: string): readonly unknown[] {
  if (isSeq(node)) return node.items;
  refuseAt(yaml, path, `source data must be an array or slice, got ${goKind(node)}`, "Write a list.");
  return [];
}

function asText(yaml: AlphaYaml, node: Node, path: string): string | undefined {
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "string") return value;
  const remedy = isScalar(node) ? "Put it into quotation marks." : "Write one text.";
  refuseType(yaml, node, path, { type: "string", remedy });
  return undefined;
}

interface Wanted {
  readonly type: string;
  readonly remedy: string;
}

function refuseType(yaml: AlphaYaml, node: Node, path: string, { type, remedy }: Wanted): void {
  const found = { map: "map[string]interface {}", slice: "[]interface {}" }[goKind(node)] ?? goKind(node);
  refuseAt(yaml, path, `expected type '${type}', got unconvertible type '${found}'`, remedy);
}

/** What Go calls a value of this kind. */
function goKind(node: Node): string {
  if (isMap(node)) return "map";
  if (isSeq(node)) return "slice";
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "boolean") return "bool";
  if (typeof value !== "number" && typeof value !== "bigint") return "string";
  const source = isScalar(node) ? (node.source ?? "") : "";
  return /^0x/i.test(source) || !/[.e]/i.test(source) ? "int" : "float64";
}

const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);
