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
  return DROPPED.has(folded) || PREFIXES.some((prefix) => folded.startsWith(prefix)) || isIdentityHeader(name);
}

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
export const OF_ONE_CONNECTION: readonly string[] = [
  ...HOP_BY_HOP,
  "host",
  "content-length",
  "expect",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "sec-websocket-accept",
];

const DROPPED: ReadonlySet<string> = new Set([...OF_ONE_CONNECTION, "forwarded", "x-real-ip", "x-rewrite-url"]);

const PREFIXES = ["x-forwarded-", "x-original-"];

/** The names that a `Connection` field declares hop-by-hop, in lower case. */
export function connectionOptions(value: string | null): ReadonlySet<string> {
  if (value === null || value === "keep-alive") return NONE;
  return new Set(value.split(",").map((option) => option.trim().toLowerCase()));
}

const NONE: ReadonlySet<string> = new Set();
