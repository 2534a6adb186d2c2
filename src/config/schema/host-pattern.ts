import { isIP } from "node:net";

const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const DNS_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`);

/** A DNS name in lower case. Not one that ends in a number: browsers take that for an IPv4 address. */
export function isDnsName(value: string): boolean {
  return DNS_NAME.test(value) && !/(?:^|\.)\d+$/.test(value);
}

/** A host in lower case, `*.host` or `.host`, each with an optional `:port` or `:*`. */
export function isHostPattern(value: string): boolean {
  const { prefix, name, port } = splitHostPattern(value);
  if (port !== "" && port !== "*" && Number(port) > 65_535) return false;
  if (isDnsName(name)) return true;
  return prefix === "" && (isIP(name) === 4 || (/^\[.*\]$/.test(name) && isIP(name.slice(1, -1)) === 6));
}

/** The parts of a host pattern; prefix and port are empty when they are not there. */
export function splitHostPattern(value: string): {
  readonly prefix: string;
  readonly name: string;
  readonly port: string;
} {
  const [, prefix = "", name = "", port = ""] = /^(\*\.|\.)?(.*?)(?::(\d{1,5}|\*))?$/s.exec(value) ?? [];
  return { prefix, name, port };
}
