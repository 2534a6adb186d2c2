import type { Entry } from "ldapts";
import { untrusted } from "../../oidc/upstream-request.ts";

/** An entry of a directory, in the order in which it came. */
export interface LdapEntry {
  readonly dn: string;
  /** Without those that have no value. */
  readonly attributes: readonly LdapAttribute[];
}

export interface LdapAttribute {
  readonly name: string;
  readonly values: readonly Buffer[];
}

/** @param entry every value of it as bytes. */
export function entryOf(entry: Entry): LdapEntry {
  const { dn, ...attributes } = entry;
  return {
    dn,
    attributes: Object.entries(attributes)
      .map(([name, value]) => ({
        name,
        values: (Array.isArray(value) ? value : [value]).map((one) => Buffer.from(one)),
      }))
      .filter(({ values }) => values.length > 0),
  };
}

/**
 * The values of an attribute. `DN` is the entry's name, unless it has an attribute of that name.
 *
 * Names have no case (RFC 4512 §2.5): a directory answers in its own spelling.
 */
export function valuesAt(entry: LdapEntry, name: string): readonly Buffer[] {
  const exact = entry.attributes.find((attribute) => attribute.name === name);
  if (exact !== undefined) return exact.values;
  const wanted = name.toLowerCase();
  if (wanted === "dn") return [Buffer.from(entry.dn)];
  return entry.attributes.find((attribute) => attribute.name.toLowerCase() === wanted)?.values ?? [];
}

/**
 * The first value of an attribute, or the empty string.
 *
 * @throws {ConnectorError} `untrusted` for one that is no text: replacing what cannot be read would make two people one.
 */
export function textAt(entry: LdapEntry, name: string): string {
  const [value] = valuesAt(entry, name);
  if (value === undefined) return "";
  if (name.toLowerCase() === "objectguid" && value.length === 16) return guidOf(value);
  const text = value.toString("utf8");
  if (!Buffer.from(text).equals(value)) throw untrusted(`the attribute ${name} of ${entry.dn} is not text`);
  return text;
}

/** As Active Directory's own tools write it: the first three numbers have their low byte first (MS-DTYP §2.3.4.2). */
function guidOf(value: Buffer): string {
  const numbers = [value.subarray(0, 4).reverse(), value.subarray(4, 6).reverse(), value.subarray(6, 8).reverse()];
  return [...numbers, value.subarray(8, 10), value.subarray(10)].map((part) => part.toString("hex")).join("-");
}
