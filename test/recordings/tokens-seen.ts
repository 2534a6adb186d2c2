import { createHash, createPublicKey, verify } from "node:crypto";
import type { Masks } from "./normalise.ts";
import { request } from "./request.ts";
import { pathOf } from "./url-parts.ts";
import type { World } from "./world.ts";

/**
 * Look into a token answer, or an error: JWTs are opened, and what differs from run to run becomes a mark.
 *
 * @param beside what `at_hash` and `c_hash` may be about, besides the members of the answer itself.
 */
export async function seeTokenAnswer(world: World, answer: unknown, masks: Masks): Promise<unknown> {
  if (!isObject(answer)) return seePlain(world, answer, masks);
  const beside = "code" in world.variables ? { ...world.variables, ...answer } : answer;
  const seen: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(answer)) {
    if (TOKENS.has(name) && isToken(value))
      seen[name] = await seeToken(world, value, masks, name === "id_token" ? beside : {});
    else if (name in RANDOM) seen[name] = value ? RANDOM[name] : value;
    else if (name === "expires_in" && typeof value === "number") seen[name] = roundUp(value);
    else if (OWN_CLAIMS.has(name)) seen[name] = claimSeen(world, answer, name, masks);
    else seen[name] = seePlain(world, value, masks);
  }
  return seen;
}

/** Look at claims: of a token, or answered as JSON. */
export function seeClaims(world: World, claims: unknown, masks: Masks): unknown {
  if (!isObject(claims)) return seePlain(world, claims, masks);
  const names = Object.keys(claims).filter((name) => !world.scenario.ignore_claims?.includes(name));
  return Object.fromEntries(names.map((name) => [name, claimSeen(world, claims, name, masks)]));
}

/** Look at a key set: sizes take the place of numbers. */
export function seeKeySet(value: unknown): unknown {
  if (!isObject(value) || !Array.isArray(value["keys"])) return value;
  return { keys: value["keys"].map((key: unknown) => (isObject(key) ? keySeen(key) : key)) };
}

/**
 * Open a token: header, claims, and whether a key that the program publishes made its signature.
 *
 * @param beside `access_token` and `code`, when `at_hash` and `c_hash` are to be computed; absent = that they are there.
 */
export async function seeToken(world: World, token: string, masks: Masks, beside: Fields = {}): Promise<unknown> {
  const [head = "", payload = ""] = token.split(".");
  const header = parsePart(head);
  const claims = parsePart(payload);
  const hashes = Object.entries(HASHES).flatMap(([claim, of]) => {
    const hashed = beside[of];
    return claim in claims && typeof hashed === "string" && hashed !== ""
      ? [[claim, claims[claim] === halfDigest(hashed) ? "<right>" : "<WRONG>"]]
      : [];
  });
  return {
    header: Object.fromEntries(Object.entries(header).map(([name, value]) => [name, name === "kid" ? "<kid>" : value])),
    claims: { ...Object(seeClaims(world, claims, masks)), ...Object.fromEntries(hashes) },
    signature: await signatureSeen(world, token, header, claims),
  };
}

/** Is it a JWT by its looks? */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}$/.test(value);
}

/** Was a token signed by the key? `RS256` and `ES256`. RFC 7515 §5.2 */
export function isSignedBy(token: string, jwk: JsonWebKey): boolean {
  const at = token.lastIndexOf(".");
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const signature = Buffer.from(token.slice(at + 1), "base64url");
  return verify("sha256", Buffer.from(token.slice(0, at)), { key, dsaEncoding: "ieee-p1363" }, signature);
}

type Fields = Readonly<Record<string, unknown>>;

const TOKENS = new Set(["id_token", "access_token", "logout_token"]);
const RANDOM: Readonly<Record<string, string>> = {
  refresh_token: "<refresh token>",
  device_code: "<device code>",
  user_code: "<user code>",
  jti: "<jti>",
  sid: "<sid>",
};
/** What an answer has in common with a token. */
const OWN_CLAIMS = new Set(["iat", "exp", "nbf", "at_hash", "c_hash"]);
/** Claim → what it is the digest of. OpenID Connect Core §3.3.2.11 */
const HASHES: Readonly<Record<string, string>> = { at_hash: "access_token", c_hash: "code" };
/** Seconds by which a clock reading may lie off to count as now. */
const NOW_TOLERANCE = 90;

function claimSeen(world: World, claims: Fields, name: string, masks: Masks): unknown {
  const value = claims[name];
  const random = RANDOM[name];
  if (random !== undefined) return random;
  if (name in HASHES) return "<present>";
  if (typeof value !== "number") return seePlain(world, value, masks);
  if (name === "exp") return expirySeen(value, claims["iat"]);
  if (!["iat", "auth_time", "nbf"].includes(name)) return value;
  return Math.abs(value - Date.now() / 1000) <= NOW_TOLERANCE ? "<now>" : value;
}

function expirySeen(expiry: number, issued: unknown): string {
  if (typeof issued === "number") return `iat+${roundUp(expiry - issued)}`;
  return `<now>+${roundUp(expiry - Math.floor(Date.now() / 1000))}`;
}

/** A lifetime, forgiving the second or two that passed since it was computed. */
function roundUp(seconds: number): number {
  const up = Math.ceil(seconds / 5) * 5;
  return up - seconds <= 3 ? up : seconds;
}

function seePlain(world: World, value: unknown, masks: Masks): unknown {
  if (isObject(value)) {
    const pairs = Object.entries(value);
    return Object.fromEntries(
      pairs.map(([name, item]) => [name, item ? (RANDOM[name] ?? seePlain(world, item, masks)) : item]),
    );
  }
  const seen = world.normalise.value(value, masks);
  return typeof seen === "string" ? seen.replace(/(?<=user_code=)[\w-]+/g, "<user code>") : seen;
}

function keySeen(key: Fields): unknown {
  return Object.fromEntries(
    Object.entries(key).map(([name, value]) => {
      if (name === "kid") return [name, "<kid>"];
      return [
        name,
        ["n", "x", "y"].includes(name) ? `<${Buffer.from(String(value), "base64url").length} bytes>` : value,
      ];
    }),
  );
}

async function signatureSeen(world: World, token: string, header: Fields, claims: Fields): Promise<string> {
  const { iss: issuer = "" } = claims;
  const path = typeof issuer === "string" ? pathOf(issuer).replace(/\/+$/, "") : "";
  const answer = await request(world, { url: `${world.variables["program"]}${path}/keys` });
  const keys = parseKeys(answer.body.toString());
  const key = keys.find(({ kid }) => kid === header["kid"]);
  if (key === undefined) return "made with a key that /keys does not list";
  return isSignedBy(token, key) ? "valid" : "INVALID";
}

/** Whatever is no key set holds none. */
function parseKeys(text: string): readonly (JsonWebKey & { readonly kid?: string })[] {
  try {
    return JSON.parse(text).keys ?? [];
  } catch {
    return [];
  }
}

function parsePart(part: string): Fields {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}

function halfDigest(text: string): string {
  return createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
