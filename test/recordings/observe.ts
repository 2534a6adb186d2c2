import { createHash } from "node:crypto";
import { type Answer, valuesOf } from "./http-client.ts";
import type { Masks, Normaliser } from "./normalise.ts";
import { type Form, readPage } from "./page.ts";
import type { Compare } from "./scenario.ts";
import { seeClaims, seeKeySet, seeTokenAnswer } from "./tokens-seen.ts";
import type { World } from "./world.ts";

/** What is compared of one step. */
export type Observation = Readonly<Record<string, unknown>>;

/** Longer bodies are compared by their forms, or by a digest. */
const LONG = 4000;

/** Look at an answer as a step's `compare` says. */
export async function observe(world: World, answer: Answer, compare: Compare, masks: Masks): Promise<Observation> {
  const { normalise } = world;
  const isRedirect = isRedirection(answer);
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
    ...(hasBody && { body: await bodySeen(world, answer, how, masks) }),
  };
}

/** Does it send the browser elsewhere? */
export function isRedirection({ status }: Answer): boolean {
  return [301, 302, 303, 307, 308].includes(Number(status));
}

function presentOf(answer: Answer, names: readonly string[]): readonly string[] {
  const present = names.filter((name) => valuesOf(answer, name).length > 0);
  return present.map((name) => name.toLowerCase()).sort();
}

function headerSeen(normalise: Normaliser, answer: Answer, name: string, masks: Masks): readonly unknown[] {
  const see = name.toLowerCase() === "location" ? normalise.location : normalise.text;
  return valuesOf(answer, name).map((value) => see(value, masks));
}

async function bodySeen(world: World, answer: Answer, how: string, masks: Masks): Promise<unknown> {
  const { normalise } = world;
  const text = answer.body.toString("utf8");
  if (["json", "token", "claims", "jwks"].includes(how)) {
    const parsed = parseJson(text);
    if (parsed !== undefined) return jsonSeen(world, parsed, how, masks);
    if (how !== "json") return { "not json": normalise.text(text, masks).slice(0, 300) };
  }
  if (how === "text") return readPage(text).lines.map((line) => normalise.text(line, masks));
  const isPage = how === "forms" || (how === "json" && text.includes("<html"));
  if (isPage || (text.length > LONG && isHtml(answer))) {
    return { forms: normalise.value(readPage(text).forms.map(formSeen), masks) };
  }
  if (answer.body.length > LONG || text.includes("\ufffd")) {
    return { sha256: createHash("sha256").update(answer.body).digest("hex"), length: answer.body.length };
  }
  return normalise.text(text, masks);
}

function jsonSeen(world: World, value: unknown, how: string, masks: Masks): unknown {
  if (how === "token") return seeTokenAnswer(world, value, masks);
  if (how === "claims") return seeClaims(world, value, masks);
  return how === "jwks" ? seeKeySet(value) : world.normalise.value(value, masks);
}

function formSeen({ method, action, fields }: Form): Observation {
  const inputs = fields.filter(({ element }) => element === "input");
  return { method, action, fields: inputs.map(({ type, name, value }) => `${type} ${name}=${value}`) };
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
