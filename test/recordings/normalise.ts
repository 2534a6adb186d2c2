import { type CookieJar, type SetCookie, lifetimeOf, parseSetCookie } from "./cookie-jar.ts";
import { byNameThenValue } from "./pairs.ts";

/** What differs from run to run. */
export interface Run {
  /** Port → its name. */
  readonly ports: ReadonlyMap<string, string>;
  /** The scenario's temporary folder. */
  readonly folder: string;
  /** Every value that was ever set as a cookie is masked. */
  readonly jars: () => Iterable<CookieJar>;
}

/** Patterns whose matches become `<masked>`. */
export type Masks = readonly string[];

/** Turns what differs from run to run (ports, random values, times) into fixed marks. */
export interface Normaliser {
  text(text: string, masks?: Masks): string;
  /** Every text in a value, keys too. */
  value(value: unknown, masks?: Masks): unknown;
  /** The way to an authorisation endpoint by its sorted, decoded parameters; any other `Location` byte for byte. */
  location(url: string, masks?: Masks): unknown;
  /** `Set-Cookie` headers, sorted; the parts of a split cookie count as one. */
  cookies(headers: readonly string[], masks?: Masks): readonly CookieSeen[];
}

export interface CookieSeen {
  readonly name: string;
  readonly value: "present" | "empty";
  readonly attributes: readonly string[];
  /** Seconds; undefined = until the browser ends, 0 = deleted. */
  readonly lifetime: number | undefined;
}

export function normaliser(run: Run): Normaliser {
  const text = (raw: string, masks: Masks = []): string => markText(run, raw, masks);
  const value = (raw: unknown, masks: Masks = []): unknown => {
    if (typeof raw === "string") return text(raw, masks);
    if (Array.isArray(raw)) return raw.map((item) => value(item, masks));
    if (typeof raw !== "object" || raw === null) return raw;
    return Object.fromEntries(Object.entries(raw).map(([key, item]) => [text(key, masks), value(item, masks)]));
  };
  return {
    text,
    value,
    location: (url, masks = []) => {
      const [base = "", ...rest] = url.split("?");
      const query = rest.join("?");
      if (!query.includes("client_id=") || !query.includes("response_type=")) return text(url, masks);
      const pairs = [...new URLSearchParams(query)].sort(byNameThenValue);
      return { url: text(base, masks), parameters: pairs.map((pair) => text(pair.join("="), masks)) };
    },
    cookies: (headers, masks = []) => {
      const seen = new Map<string, CookieSeen>();
      for (const cookie of headers.map((header) => cookieSeen(text, parseSetCookie(header), masks))) {
        seen.set(JSON.stringify([cookie.name, cookie.value, cookie.attributes]), cookie);
      }
      return [...seen.keys()].sort().flatMap((key) => seen.get(key) ?? []);
    },
  };
}

function cookieSeen(text: Normaliser["text"], cookie: SetCookie, masks: Masks): CookieSeen {
  const attributes = Object.entries(cookie.attributes)
    .filter(([key]) => key !== "max-age" && key !== "expires")
    .map(([key, value]) => (value === "" ? key : `${key}=${key === "samesite" ? value.toLowerCase() : text(value)}`));
  return {
    name: text(cookie.name, masks).replace(/_\d+$/, "_<n>"),
    value: cookie.value === "" ? "empty" : "present",
    attributes: attributes.sort(),
    lifetime: lifetimeOf(cookie),
  };
}

/** Random and dated values, each with its mark. */
const PATTERNS: readonly (readonly [pattern: RegExp, mark: string])[] = [
  [/[\w-]{8,}={0,2}\|\d{10}\|[\w-]{43}=/g, "<signed>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "<uuid>"],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} 20\d\d \d\d:\d\d:\d\d (GMT|UTC)/g, "<date>"],
  [/\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?\+\d\d:?\d\d| UTC|Z)*( m=\S+)?/g, "<time>"],
  [/\b20\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d/g, "<time>"],
  [/_[\w-]{8}_csrf\b/g, "_<random>_csrf"],
  [/(state=)[\w-]{43}(?=(%3A|:))/g, "$1<state>"],
  [/(nonce=)[\w-]{43}(?![\w-])/g, "$1<nonce>"],
  [/(code_challenge=)[\w-]{43}(?![\w-])/g, "$1<challenge43>"],
  [/(code_challenge=|code_verifier=)[\w.~-]{128}(?![\w-])/g, "$1<verifier128>"],
  [/(code_verifier=)[\w.~-]{43,127}(?![\w-])/g, "$1<verifier>"],
  [/\bversion (undefined|v?\d[\w.+-]*)/g, "version <version>"],
];

function markText(run: Run, raw: string, masks: Masks): string {
  let text = raw.replaceAll(run.folder, "{{dir}}");
  text = text.replace(/(?<!\d)\d{5}(?!\d)/g, (port) =>
    run.ports.has(port) ? `{{${run.ports.get(port)}_port}}` : port,
  );
  for (const jar of run.jars()) for (const value of jar.seen) text = text.replaceAll(value, "<cookie>");
  text = text.replace(/eyJ[\w-]+\.eyJ[\w-]*\.[\w-]*/g, markToken);
  text = text.replace(/(state=)([\w-]{50,})(?=&|$|\s)/g, (found, name: string, encoded: string) =>
    markState(run, encoded, { name, otherwise: found }),
  );
  for (const [pattern, mark] of PATTERNS) text = text.replace(pattern, mark);
  for (const mask of masks) text = text.replace(new RegExp(mask, "g"), "<masked>");
  return text;
}

function markToken(token: string): string {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    return `<jwt ${claims.jti ?? claims.sub ?? "?"}>`;
  } catch {
    return token;
  }
}

/** The state of a login as it is sent when it is encoded: base64url of `nonce:target`. */
function markState(run: Run, encoded: string, found: { readonly name: string; readonly otherwise: string }): string {
  try {
    const plain = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(encoded, "base64url"));
    if (!/^[\w-]{43}:/.test(plain)) return found.otherwise;
    return `${found.name}<base64url of <state>${markText(run, plain.slice(43), [])}>`;
  } catch {
    return found.otherwise;
  }
}
