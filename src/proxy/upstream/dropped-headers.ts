import { foldHeaderName, isIdentityHeader } from "../identity-headers.ts";

/** How many answers are remembered. What a client makes up must not fill the memory. */
const MAX_REMEMBERED = 1000;

/**
 * Which header fields of a client's request never reach an upstream:
 *
 * - those that claim an identity, or say where a request came from: we are the ones to say so;
 * - hop-by-hop fields (RFC 9110 §7.6.1), framing and `Host`: they belong to one connection;
 * - `Expect` (answered already) and `TE`.
 *
 * In every spelling that an application may fold into one of these: any case, `_` or any other mark for `-`.
 *
 * @returns a predicate that takes names in lower case and remembers its answers.
 */
export function createDroppedHeaders(): (name: string) => boolean {
  return rememberAnswers(isDropped);
}

/** The same predicate, asked once for each text (a header's name, a host) as long as not too many are made up. */
export function rememberAnswers(ask: (text: string) => boolean): (text: string) => boolean {
  const remembered = new Map<string, boolean>();
  return (text) => {
    let answer = remembered.get(text);
    if (answer === undefined) {
      answer = ask(text);
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(text, answer);
    }
    return answer;
  };
}

function isDropped(name: string): boolean {
  const folded = foldHeaderName(name);
  return ONE_CONNECTION.has(folded) || isForwardingHeader(name) || isIdentityHeader(name);
}

/**
 * Does this field, in whatever spelling, say where a request came from or what it asked for, as only a proxy may? Some applications take
 * `X-Original-*` and `X-Rewrite-URL` for the path that was asked for.
 */
export function isForwardingHeader(name: string): boolean {
  return FORWARDING.test(foldHeaderName(name));
}

const FORWARDING = /^(?:forwarded$|x-forwarded-|x-original-|x-real-ip$|x-rewrite-url$)/;

/** Hop-by-hop fields of requests and of responses. RFC 9110 §7.6.1 and what came before it. */
export const HOP_BY_HOP: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
];

/** What belongs to one connection of a request: hop-by-hop fields, framing, `Host`, `Expect`, the WebSocket handshake. */
export const ONE_CONNECTION: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  "host",
  "content-length",
  "expect",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "sec-websocket-accept",
]);

/** The names that a `Connection` field declares hop-by-hop, in lower case. */
export function connectionOptions(value: string | null): ReadonlySet<string> {
  if (value === null || value === "keep-alive") return NONE;
  return new Set(value.split(",").map((option) => option.trim().toLowerCase()));
}

const NONE: ReadonlySet<string> = new Set();
