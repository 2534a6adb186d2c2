import { Buffer } from "node:buffer";

import type { HeaderInjection, HeaderValueSource } from "../../config/oauth2-proxy-configuration.ts";
import type { HeaderField } from "../../http/exchange.ts";
import type { Session } from "../../session/session.ts";
import { foldHeaderName, ORIGINAL_IDENTITY_NAMES } from "../identity-headers.ts";
import { rememberBySession } from "../remember-by-session.ts";
import { rememberAnswers } from "../upstream/dropped-headers.ts";
import { claimValues } from "./claim-values.ts";

/**
 * What the configured injections say about a session, as header fields. Empty claims are left out, several values of one name are
 * joined with `,` (nothing is escaped: a group called `a,b` reads as two). Values are UTF-8 bytes, one character each, without
 * control characters, so a claim cannot add a header.
 *
 * Asked for on every request, so the answer is remembered.
 *
 * @returns absent session: static values only.
 */
export function createHeaderValues(
  injections: readonly HeaderInjection[],
): (session: Session | undefined) => readonly HeaderField[] {
  return rememberBySession((session) => headerValues(injections, session));
}

/**
 * Which header fields of a client's request never reach an upstream: those that an injection sets, unless it preserves what the
 * client sent, and every other one that an application may take for an identity, configured or not. In every spelling that
 * an application may fold into it: any case, `_` or any other mark for `-` (CVE-2025-64484).
 *
 * @returns a predicate that remembers its answers.
 */
export function createHeaderStrip(injections: readonly HeaderInjection[]): (name: string) => boolean {
  const byName = new Map<string, HeaderInjection[]>();
  for (const injection of injections) {
    const folded = foldHeaderName(injection.name);
    byName.set(folded, [...(byName.get(folded) ?? []), injection]);
  }
  return rememberAnswers((name) => {
    const folded = foldHeaderName(name);
    const configured = byName.get(folded);
    if (configured === undefined) return isIdentity(folded);
    return configured.some((injection) => removes(injection, name));
  });
}

function removes({ name, preserveRequestValue, exactNameOnly }: HeaderInjection, sent: string): boolean {
  if (preserveRequestValue) return false;
  return !exactNameOnly || name.toLowerCase() === sent.toLowerCase();
}

function isIdentity(folded: string): boolean {
  return IDENTITY_NAMES.has(folded) || (folded.startsWith("x-auth-request-") && folded !== "x-auth-request-redirect");
}

const IDENTITY_NAMES: ReadonlySet<string> = new Set([...ORIGINAL_IDENTITY_NAMES, "gap-signature"]);

function headerValues(injections: readonly HeaderInjection[], session: Session | undefined): readonly HeaderField[] {
  const fields = new Map<string, [name: string, value: string]>();
  for (const { name, values } of injections) {
    for (const value of values.flatMap((source) => sourceValues(source, session))) {
      const field = fields.get(name.toLowerCase());
      if (field === undefined) fields.set(name.toLowerCase(), [name, value]);
      else field[1] += `,${value}`;
    }
  }
  return [...fields.values()].map(([name, value]) => [name, withoutOuterSpace(value)]);
}

function sourceValues(source: HeaderValueSource, session: Session | undefined): readonly string[] {
  if (source.kind === "secret") return [headerText(source.value.reveal())];
  if (session === undefined) return [];
  const password = source.basicAuthPassword?.reveal();
  return claimValues(session, source.claim)
    .filter((claim) => claim !== "")
    .map((claim) => headerText(password === undefined ? source.prefix + claim : basic(claim, password)));
}

/** RFC 7617 §2 */
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
}

/** Space around a field's value is no part of it: RFC 9110 §5.5. Not by `trim`: a byte may look like a wide space of Unicode. */
function withoutOuterSpace(value: string): string {
  let [start, end] = [0, value.length];
  while (start < end && isSpace(value[start])) start += 1;
  while (start < end && isSpace(value[end - 1])) end -= 1;
  return value.slice(start, end);
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

/** Header fields hold bytes: text becomes its UTF-8 bytes, one character each. */
function headerText(text: string): string {
  const clean = text.replace(/[\0-\x08\x0a-\x1f\x7f]/g, " ");
  return /^[\t -~]*$/.test(clean) ? clean : Buffer.from(clean, "utf8").toString("latin1");
}
