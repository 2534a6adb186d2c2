import { createHash } from "node:crypto";
import { type Answer, valuesOf } from "./http-client.ts";
import type { Masks, Normaliser } from "./normalise.ts";
import { readPage } from "./page.ts";
import type { Compare } from "./scenario.ts";

/** What is compared of one step. */
export type Observation = Readonly<Record<string, unknown>>;

/** Longer bodies are compared by their forms, or by a digest. */
const LONG = 4000;

/** Look at an answer as a step's `compare` says. */
export function observe(normalise: Normaliser, answer: Answer, compare: Compare, masks: Masks): Observation {
  const isRedirect = [301, 302, 303, 307, 308].includes(Number(answer.status));
  const names = (compare.headers ?? []).filter((name) => !isRedirect || name.toLowerCase() !== "content-type");
  const headers = names.map((name) => [name.toLowerCase(), headerSeen(normalise, answer, name, masks)]);
  const how = compare.body ?? "status-only";
  const hasBody = how !== "status-only" && (!isRedirect || how === "exact");
  return {
    ...((compare.status ?? true) && { status: answer.status }),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(compare.absent && { unexpected: presentOf(answer, compare.absent) }),
    ...(compare.set_cookie && { set_cookie: normalise.cookies(valuesOf(answer, "set-cookie"), masks) }),
    ...(compare.streamed && { streamed: answer.streamed }),
    ...(hasBody && { body: bodySeen(normalise, answer, how, masks) }),
  };
}

function presentOf(answer: Answer, names: readonly string[]): readonly string[] {
  const present = names.filter((name) => valuesOf(answer, name).length > 0);
  return present.map((name) => name.toLowerCase()).sort();
}

function headerSeen(normalise: Normaliser, answer: Answer, name: string, masks: Masks): readonly unknown[] {
  const see = name.toLowerCase() === "location" ? normalise.location : normalise.text;
  return valuesOf(answer, name).map((value) => see(value, masks));
}

function bodySeen(normalise: Normaliser, answer: Answer, how: string, masks: Masks): unknown {
  const text = answer.body.toString("utf8");
  if (how === "json") {
    const parsed = parseJson(text);
    if (parsed !== undefined) return normalise.value(parsed, masks);
  }
  if (how === "text") return readPage(text).lines.map((line) => normalise.text(line, masks));
  const isPage = how === "forms" || (how === "json" && text.includes("<html"));
  if (isPage || (text.length > LONG && isHtml(answer))) return { forms: normalise.value(readPage(text).forms, masks) };
  if (answer.body.length > LONG || text.includes("\ufffd")) {
    return { sha256: createHash("sha256").update(answer.body).digest("hex"), length: answer.body.length };
  }
  return normalise.text(text, masks);
}

function isHtml(answer: Answer): boolean {
  return valuesOf(answer, "content-type")[0]?.includes("html") ?? false;
}

/** Undefined when the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
