import { isMap, isScalar, isSeq, type Node } from "yaml";
import { nearestName } from "../nearest-name.ts";
import type { Problem } from "../problem.ts";
import { type ConfigField, type ConfigObject, type ConfigValue, emptyAt, type Place } from "./config-object.ts";
import { decodeBase64 } from "./base64.ts";
import { errorAt, notSupportedYet, warningAt } from "./dex-problem.ts";
import { DEX_KEYS, type DexKey } from "./schema.ts";
import { type SchemaNode, type SchemaObject, schemaTree } from "./schema-tree.ts";
import { variantKeys } from "./variants.ts";
import type { YamlDocument } from "./yaml-document.ts";
import {
  type Entry,
  entriesOf,
  isNew,
  itemsOf,
  kindOf,
  resolveAlias,
  scalarText,
  type YamlReading,
} from "./yaml-nodes.ts";

/** The file with its types checked, and everything in it that is unknown, wrongly typed or not supported yet. */
export interface ReadConfig {
  /** Undefined when the file is no mapping at all. */
  readonly root: ConfigObject | undefined;
  readonly problems: readonly Problem[];
}

/** Replace the variables of a text, and tell of each that is not set. */
export type Expand = (text: string, onUnset: () => void) => string;

interface Reading extends YamlReading {
  /** What becomes of text in the part being read. */
  readonly expand: Expand;
  /** What becomes of text in a `config`. */
  readonly expandVariant: Expand;
  readonly unknownKeys: "refuse" | "ignore";
}

/**
 * Walk the file along the table. Keys are matched without regard to case; null is as good as absent.
 *
 * @param expand what becomes of text in `storage.config`, `signer.config` and `connectors[].config`.
 */
export function readConfig(yaml: YamlDocument, expand: Expand): ReadConfig {
  const reading: Reading = { yaml, problems: [], expand: identity, expandVariant: expand, unknownKeys: "refuse" };
  return readTop(reading, DEX_KEYS, { source: yaml.source, line: 1, column: 1, path: "" });
}

/** The same for one `config` that stands alone and was written by a program: its unknown keys are passed over, nothing is expanded. */
export function readStoredConfig(yaml: YamlDocument, keys: readonly DexKey[]): ReadConfig {
  const reading: Reading = { yaml, problems: [], expand: identity, expandVariant: identity, unknownKeys: "ignore" };
  return readTop(reading, keys, { source: yaml.source, path: "config" });
}

const identity = (text: string): string => text;

function readTop(reading: Reading, keys: readonly DexKey[], place: Place): ReadConfig {
  const top = resolveAlias(reading, reading.yaml.document.contents);
  const root = top === undefined ? emptyAt(place) : readObject(reading, top, schemaTree(keys), place);
  return { root, problems: reading.problems };
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
  const keys = typeof type === "string" ? variantKeys(key.path, type) : undefined;
  if (keys === undefined) return undefined;
  const inside = { ...reading, expand: reading.expandVariant };
  const object = readObject(inside, entry.node, schemaTree(keys), entry.place);
  return object === undefined ? undefined : { object };
}

function readValue(reading: Reading, entry: Entry, key: DexKey): ConfigValue | undefined {
  if (key.status === "notYet") {
    if (isSet(reading, entry.node, key)) reading.problems.push(notSupportedYet(entry.place, entry.place.path));
    // Its text is kept for what the original checks across keys.
    return scalarText(entry.node);
  }
  if (typeof key.status === "object" && isSet(reading, entry.node, key)) {
    reading.problems.push(warningAt(entry.place, "has no effect.", key.status.accepted));
  }
  return READERS[key.type](reading, entry);
}

type Reader = (reading: Reading, entry: Entry) => ConfigValue | undefined;

const READERS: Readonly<Record<DexKey["type"], Reader>> = {
  string: readText,
  duration: readText,
  bool: readBoolean,
  int: readInteger,
  strings: readTexts,
  stringOrStrings: (reading, entry) => {
    if (isSeq(entry.node)) return readTexts(reading, entry);
    const text = readText(reading, entry);
    return text === undefined || text === "" ? undefined : [text];
  },
  bytes: readBytes,
  map: readMap,
  // Neither is honoured anywhere yet, and `variant` is read with what stands beside it.
  any: () => undefined,
  variant: () => undefined,
};

function readText(reading: Reading, entry: Entry): string | undefined {
  if (isScalar(entry.node) && typeof entry.node.value === "string") {
    return reading.expand(entry.node.value, () => warnAboutUnset(reading, entry.place));
  }
  if (isTakenAsText(entry)) return scalarText(entry.node);
  refuseType(reading, entry.place, entry.node, "string");
  return undefined;
}

/**
 * dex takes a whole number of 64 bits or a boolean for its text, such as in `secret: 12345`; not in the parts that it decodes by a JSON
 * decoder of their own. Fractions lose digits on the way there, so they are refused.
 */
function isTakenAsText({ place, node }: Entry): boolean {
  if (/^(?:storage|signer|connectors|staticPasswords|config)\b/i.test(place.path) || !isScalar(node)) return false;
  const { value } = node;
  if (typeof value !== "bigint") return typeof value === "boolean";
  return BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value;
}

/** The name is not told: where a secret has a `$` in it, it is a part of the secret. */
function warnAboutUnset(reading: Reading, place: Place): void {
  const message = "a $ in this text names a variable that is not set, so both disappear.";
  const remedy = "Set it, or keep every $ as it is with DEX_EXPAND_ENV=false.";
  reading.problems.push(warningAt(place, message, remedy));
}

function readBoolean(reading: Reading, entry: Entry): boolean | undefined {
  if (isScalar(entry.node) && typeof entry.node.value === "boolean") return entry.node.value;
  refuseType(reading, entry.place, entry.node, "bool");
  return undefined;
}

function readInteger(reading: Reading, entry: Entry): number | undefined {
  const value = isScalar(entry.node) ? Number(entry.node.value) : Number.NaN;
  if (kindOf(entry.node) === "number" && Number.isSafeInteger(value)) return value;
  refuseType(reading, entry.place, entry.node, "int");
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

/** Text that is the base64 of other text, such as PEM. */
function readBytes(reading: Reading, entry: Entry): string | undefined {
  const text = readText(reading, entry);
  if (text === undefined) return undefined;
  const decoded = decodeBase64(text);
  if (decoded === undefined) {
    const remedy = "Encode the file with: base64 -w0 FILE";
    reading.problems.push(errorAt(entry.place, "illegal base64 data.", remedy));
  }
  return decoded;
}

function readMap(reading: Reading, entry: Entry): ConfigValue | undefined {
  if (!isMap(entry.node)) {
    refuseType(reading, entry.place, entry.node, "a mapping");
    return undefined;
  }
  const entries = entriesOf(reading, entry.node, entry.place).flatMap((item) => {
    const text = readText(reading, item);
    return text === undefined ? [] : [[item.name, text] as const];
  });
  return { byName: Object.fromEntries(entries) };
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

function refuseUnknown(reading: Reading, entry: Entry, schema: SchemaObject): void {
  // `x-…` at the top is where people keep what they refer to by anchors.
  if (reading.unknownKeys === "ignore" || /^x-[^.]+$/i.test(entry.place.path)) return;
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
  int: "Write a whole number, without quotes.",
  "[]string": "Write a list of texts, such as [a, b].",
  "a list": "Write a list.",
  "a mapping": "Write keys with values.",
} as const;

function refuseType(reading: Reading, place: Place, node: Node, wanted: keyof typeof REMEDIES): void {
  const found = kindOf(node);
  const remedy = wanted === "string" && ["number", "bool"].includes(found) ? "Put it into quotes." : REMEDIES[wanted];
  reading.problems.push(errorAt(place, `cannot unmarshal ${found} into ${wanted}.`, remedy));
}
