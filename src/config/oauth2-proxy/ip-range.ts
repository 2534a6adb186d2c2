import { isIP, isIPv4 } from "node:net";

/**
 * Whether a text is an IP address or a range the original accepts: a network in CIDR form without host bits
 * (`10.0.0.0/8`, not `10.1.2.3/8`). Zones are refused.
 */
export function isIpRange(text: string): boolean {
  const [address = "", length, ...more] = text.split("/");
  if (isIP(address) === 0 || address.includes("%") || more.length > 0) return false;
  if (length === undefined) return true;
  const bits = addressBits(address);
  return /^\d{1,3}$/.test(length) && Number(length) <= bits.length && !bits.slice(Number(length)).includes("1");
}

function addressBits(address: string): string {
  if (isIPv4(address))
    return address
      .split(".")
      .map((part) => toBits(Number(part), 8))
      .join("");
  // The URL parser writes an IPv6 address in its one canonical form, without a dotted tail.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const left = groups(head);
  const right = groups(tail ?? "");
  const zeros = "0".repeat(Math.max(0, 8 - left.length - right.length) * 16);
  return left.join("") + zeros + right.join("");
}

const groups = (text: string): string[] =>
  text === "" ? [] : text.split(":").map((group) => toBits(Number.parseInt(group, 16), 16));

const toBits = (value: number, width: number): string => value.toString(2).padStart(width, "0");
