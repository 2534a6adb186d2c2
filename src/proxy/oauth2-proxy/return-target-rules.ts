import { brokenEscape } from "../../protocol/percent-encoding.ts";

/** Whether a return target is harmless: as the original judges it, and stricter where that lets strangers' hosts through. */
export type IsReturnTarget = (target: string) => boolean;

/**
 * Prepare the judgement of return targets.
 *
 * - a path, without two slashes or backslashes that only white space or dot segments stand between, anywhere in it;
 * - `http://` or `https://` and a host on the list. What a browser could read as another host than we do is refused: only plain ASCII
 *   host names, IPv4 and bracketed IPv6 addresses, no encoded or foreign characters, no empty labels.
 *
 * @param whitelistDomains `host`, `.suffix` or `*.suffix` (which also match the suffix itself), each with an optional `:port` or `:*`.
 *   Without one the target must not name a port. Compared as typed, case included.
 */
export function createIsReturnTarget(whitelistDomains: readonly string[]): IsReturnTarget {
  const entries = whitelistDomains.map(splitHostPort).filter(({ host }) => host !== "");
  return (target) => {
    if (target === "" || target.length > LIMIT || CONTROL.test(target)) return false;
    if (target.startsWith("/")) return !target.startsWith("//") && !DOUBLE_SLASH.test(target);
    const [, authority, rest] = ABSOLUTE.exec(target) ?? [];
    if (authority === undefined || rest === undefined || !isUrlText(rest)) return false;
    const host = splitHostPort(authority.slice(authority.lastIndexOf("@") + 1));
    return isPlainAuthority(authority) && entries.some((entry) => matches(entry, host)) && browserAgrees(target, host);
  };
}

const LIMIT = 8192;
/** Go's URL parser refuses these, and browsers drop some of them. */
const CONTROL = /[\u0000-\u001f\u007f]/;
/** White space as Go's `\s` and the vertical tab. */
const DOUBLE_SLASH = /[/\\](?:[\t\n\f\r \u000b]*|\.{1,2})[/\\]/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/s;
const USER_INFO = /^[\w.~!$&'()*+,;=:%-]*$/;
const HOST_NAME = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;
const IP6 = /^[\da-fA-F:.]+$/;

interface HostPort {
  readonly host: string;
  readonly port: string;
}

/** A port is digits or `*`; text that looks otherwise belongs to the host, as in the original. Brackets are taken off. */
function splitHostPort(text: string): HostPort {
  const [, before = text, port = ""] = /^(.*):(\d*|\*)$/s.exec(text) ?? [];
  return { host: /^\[(.*)\]$/s.exec(before)?.[1] ?? before, port };
}

function matches(entry: HostPort, target: HostPort): boolean {
  return isHostAllowed(entry.host, target.host) && (entry.port === "*" || entry.port === target.port);
}

function isHostAllowed(allowed: string, host: string): boolean {
  const suffix = allowed.startsWith("*.") ? allowed.slice(1) : allowed;
  if (!suffix.startsWith(".")) return host === suffix;
  return host === suffix.slice(1) || (suffix.length > 1 && host.endsWith(suffix));
}

function isPlainAuthority(authority: string): boolean {
  const at = authority.lastIndexOf("@");
  if (at !== -1 && !USER_INFO.test(authority.slice(0, at))) return false;
  const { host, port } = splitHostPort(authority.slice(at + 1));
  if (port === "*") return false;
  return authority.slice(at + 1).startsWith("[") ? IP6.test(host) : HOST_NAME.test(host);
}

/** A browser rewrites numbers to addresses and refuses broken names. */
function browserAgrees(target: string, { host }: HostPort): boolean {
  return URL.parse(target)?.hostname.replace(/^\[|\]$/g, "") === host.toLowerCase();
}

/** Does the rest of the URL parse in Go? Before the query every `%` has to begin an escape. */
function isUrlText(rest: string): boolean {
  const end = rest.search(/[?#]/);
  const path = end === -1 ? rest : rest.slice(0, end);
  return brokenEscape(path) === undefined;
}
