import { brokenEscape } from "../../protocol/percent-encoding.ts";

/** The parts of an address as Go's `url.Parse` tells them apart; path and fragment are decoded. */
export interface GoUrl {
  /** Lower case; empty for a reference without one. */
  readonly scheme: string;
  /** With its port, without credentials. */
  readonly host: string;
  readonly path: string;
  readonly fragment: string;
}

/** An address, or what Go would have said about it, which names the address. */
export type ParsedGoUrl = { readonly url: GoUrl } | { readonly error: string };

/**
 * Read an address as Go programs do, which take more than WHATWG's `URL` (`file:///dev/null`, `static://200`, a path
 * only) and leave paths as they are.
 */
export function parseGoUrl(text: string): ParsedGoUrl {
  try {
    return { url: parse(text) };
  } catch (error) {
    if (!(error instanceof GoUrlError)) throw error;
    return { error: `parse ${JSON.stringify(text)}: ${error.message}` };
  }
}

/** Never leaves this file. */
class GoUrlError extends Error {}

function parse(text: string): GoUrl {
  if (/[\u0000-\u001F\u007F]/.test(text)) throw new GoUrlError("net/url: invalid control character in URL");
  const [withoutFragment, fragment] = cut(text, "#");
  const scheme = readScheme(withoutFragment);
  const [rest] = cut(withoutFragment.slice(scheme.length === 0 ? 0 : scheme.length + 1), "?");
  const base = { scheme: scheme.toLowerCase(), fragment: unescape(fragment) };
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...base, host: "", path: "" };
    if (/^[^/]*:/.test(rest)) throw new GoUrlError("first path segment in URL cannot contain colon");
  }
  if (!rest.startsWith("//") || (scheme === "" && rest.startsWith("///"))) {
    return { ...base, host: "", path: unescape(rest) };
  }
  const slash = rest.indexOf("/", 2);
  const authority = slash === -1 ? rest.slice(2) : rest.slice(2, slash);
  return { ...base, host: readHost(authority), path: unescape(slash === -1 ? "" : rest.slice(slash)) };
}

function cut(text: string, sign: string): readonly [string, string] {
  const at = text.indexOf(sign);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function readScheme(text: string): string {
  if (text.startsWith(":")) throw new GoUrlError("missing protocol scheme");
  return /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1] ?? "";
}

function readHost(authority: string): string {
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (host.startsWith("[") && !host.includes("]")) throw new GoUrlError("missing ']' in host");
  const port = host.startsWith("[") ? host.slice(host.lastIndexOf("]") + 1) : /:.*$/s.exec(host)?.[0];
  if (port !== undefined && port !== "" && !/^:\d*$/.test(port)) {
    throw new GoUrlError(`invalid port ${JSON.stringify(port)} after host`);
  }
  const wrong = /[ "<>\\^`{|}]/.exec(host)?.[0];
  if (wrong !== undefined) throw new GoUrlError(`invalid character ${JSON.stringify(wrong)} in host name`);
  return unescape(host);
}

function unescape(text: string): string {
  const wrong = brokenEscape(text);
  if (wrong !== undefined) throw new GoUrlError(`invalid URL escape ${JSON.stringify(wrong)}`);
  try {
    return decodeURIComponent(text);
  } catch {
    // Bytes that are no UTF-8: Go keeps them, and nothing here can.
    throw new GoUrlError("invalid URL escape");
  }
}
