import type { Problem } from "../problem.ts";

/** Where a value stands, in the words of {@link Problem}. */
export type Place = Pick<Problem, "source" | "line" | "column" | "path">;

/** A mapping of the file after its types were checked. Names are spelt as in the table, whatever the file's case. */
export interface ConfigObject {
  readonly place: Place;
  readonly fields: Map<string, ConfigField>;
}

export interface ConfigField {
  readonly place: Place;
  readonly value: ConfigValue;
}

export type ConfigValue =
  | string
  | boolean
  | number
  | readonly string[]
  | { readonly byName: Readonly<Record<string, string>> }
  | { readonly object: ConfigObject }
  | { readonly objects: readonly ConfigObject[] };

/** A mapping with nothing in it. */
export const emptyAt = (place: Place): ConfigObject => ({ place, fields: new Map() });

/** Follow a dotted path. Undefined where something on the way is missing. */
export function fieldAt(root: ConfigObject, path: string): ConfigField | undefined {
  const [step = "", ...rest] = path.split(".");
  const field = root.fields.get(step);
  if (rest.length === 0 || field === undefined) return field;
  const child = typeof field.value === "object" && "object" in field.value ? field.value.object : undefined;
  return child === undefined ? undefined : fieldAt(child, rest.join("."));
}

/** Text, or empty when missing. */
export function textAt(root: ConfigObject, path: string): string {
  const value = fieldAt(root, path)?.value;
  return typeof value === "string" ? value : "";
}

/** Undefined when missing. */
export function flagAt(root: ConfigObject, path: string): boolean | undefined {
  const value = fieldAt(root, path)?.value;
  return typeof value === "boolean" ? value : undefined;
}

/** A whole number, or 0 when missing. */
export function numberAt(root: ConfigObject, path: string): number {
  const value = fieldAt(root, path)?.value;
  return typeof value === "number" ? value : 0;
}

/** Texts under free keys; empty when missing. */
export function mapAt(root: ConfigObject, path: string): Readonly<Record<string, string>> {
  const value = fieldAt(root, path)?.value;
  return typeof value === "object" && "byName" in value ? value.byName : {};
}

/** Whether it is there and true. */
export const isTrueAt = (root: ConfigObject, path: string): boolean => flagAt(root, path) === true;

/** A list of texts; empty when missing. */
export function listAt(root: ConfigObject, path: string): readonly string[] {
  const value = fieldAt(root, path)?.value;
  return isTexts(value) ? value : [];
}

/** A list of mappings; empty when missing. */
export function objectsAt(root: ConfigObject, path: string): readonly ConfigObject[] {
  const value = fieldAt(root, path)?.value;
  return typeof value === "object" && "objects" in value ? value.objects : [];
}

/** A mapping, or undefined when missing. */
export function objectAt(root: ConfigObject, path: string): ConfigObject | undefined {
  const value = fieldAt(root, path)?.value;
  return typeof value === "object" && "object" in value ? value.object : undefined;
}

/** Where the value stands or, when it is missing, where the nearest mapping around it does. */
export function placeAt(root: ConfigObject, path: string): Place {
  const field = fieldAt(root, path);
  if (field !== undefined) return field.place;
  const dot = path.lastIndexOf(".");
  const around = dot === -1 ? root.place : placeAt(root, path.slice(0, dot));
  return { ...around, path: joinPath(root.place.path, path) };
}

export const joinPath = (parent: string, name: string): string => (parent === "" ? name : `${parent}.${name}`);

const isTexts = (value: ConfigValue | undefined): value is readonly string[] => Array.isArray(value);
