import type { HeaderField } from "../../http/exchange.ts";
import { connectionOptions } from "./dropped-headers.ts";

/** What the proxy knows about a request it forwards. */
export interface ForwardedFacts {
  /** Who may pass, as header fields. */
  readonly identityHeaders: readonly HeaderField[];
  /** Who asked, by the trusted proxies' word. Empty when unknown. */
  readonly clientAddress: string;
  /** How they asked. */
  readonly scheme: "http" | "https";
  /** Which cookies are ours, and none of the upstream's business. */
  readonly ownCookieNames: (name: string) => boolean;
}

export interface RequestHeaderRules {
  /** From `createDroppedHeaders`. */
  readonly isDropped: (name: string) => boolean;
  /** What to send as `Host`; absent = what the client sent. */
  readonly host?: string;
}

/**
 * The header fields of a request on its way to an upstream. First what the client sent, without what must not pass;
 * then what we say ourselves. In this order nothing in the client's request, such as `Connection: X-Forwarded-User`,
 * can take away or add to what we say.
 */
export function requestHeaders(
  rules: RequestHeaderRules,
  headers: Headers,
  facts: ForwardedFacts,
): readonly HeaderField[] {
  const host = headers.get("host") ?? "";
  const named = connectionOptions(headers.get("connection"));
  const fields: HeaderField[] = [["host", rules.host ?? host]];
  headers.forEach((value, name) => {
    if (rules.isDropped(name) || named.has(name)) return;
    if (name !== "cookie") fields.push([name, value]);
    else addCookies(fields, value, facts.ownCookieNames);
  });
  if (facts.clientAddress !== "") fields.push(["x-forwarded-for", facts.clientAddress]);
  fields.push(["x-forwarded-host", host], ["x-forwarded-proto", facts.scheme], ["x-forwarded-port", port(host, facts)]);
  for (const field of facts.identityHeaders) fields.push(field);
  return fields;
}

function port(host: string, { scheme }: ForwardedFacts): string {
  return /:(\d+)$/.exec(host)?.[1] ?? (scheme === "https" ? "443" : "80");
}

function addCookies(fields: HeaderField[], value: string, isOwn: (name: string) => boolean): void {
  const kept = withoutOwnCookies(value, isOwn);
  if (kept !== "") fields.push(["cookie", kept]);
}

/**
 * A `Cookie` value without the cookies that are ours; the others stay as they are, byte for byte. What is kept in one piece
 * is not copied, since it may be long and this is the hot path.
 */
export function withoutOwnCookies(value: string, isOwn: (name: string) => boolean): string {
  const runs: string[] = [];
  let runStart = -1;
  for (let start = 0; start < value.length;) {
    const semicolon = value.indexOf(";", start);
    const end = semicolon === -1 ? value.length : semicolon;
    const name = cookieName(value, start, end);
    const isKept = name !== "" && !isOwn(name);
    if (isKept && runStart === -1) runStart = start;
    if (!isKept && runStart !== -1) {
      runs.push(value.slice(runStart, start - 1).trim());
      runStart = -1;
    }
    start = end + 1;
  }
  if (runStart !== -1) runs.push(value.slice(runStart).trim());
  return runs.length === 1 ? (runs[0] ?? "") : runs.join("; ");
}

/** Looks no further than the end: a header of semicolons alone would take the square of its length. */
function cookieName(value: string, start: number, end: number): string {
  const pair = value.slice(start, end);
  const equals = pair.indexOf("=");
  return (equals === -1 ? pair : pair.slice(0, equals)).trim();
}
