import { goJson } from "../../../protocol/go-json.ts";
import { isRecord, parseJson } from "../../oidc/upstream-request.ts";
import type { LdapEntry } from "./entry.ts";

/** What a renewal needs to know of a login. */
export interface LdapConnectorData {
  /** As it was typed. */
  readonly username: string;
  readonly dn: string;
}

/** dex's form: the user name, and the entry as Go writes it. */
export function encodeConnectorData(username: string, entry: LdapEntry): Uint8Array {
  const Attributes = entry.attributes.map(({ name, values }) => ({
    Name: name,
    Values: values.map((value) => value.toString("utf8")),
    ByteValues: values.map((value) => value.toString("base64")),
  }));
  return Buffer.from(goJson({ username, entry: { DN: entry.dn, Attributes } }));
}

/** @returns undefined when it is none, such as that of a login without `offline_access`. */
export function parseConnectorData(data: Uint8Array | undefined): LdapConnectorData | undefined {
  const stored = data && parseJson(Buffer.from(data).toString("utf8"));
  if (!isRecord(stored) || !isRecord(stored["entry"])) return undefined;
  const { username } = stored;
  const dn = stored["entry"]["DN"];
  return typeof username === "string" && typeof dn === "string" ? { username, dn } : undefined;
}
