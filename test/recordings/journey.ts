import { type Answer, valuesOf } from "./http-client.ts";
import type { Masks } from "./normalise.ts";
import { type Observation, isRedirection } from "./observe.ts";
import { type Page, readPage } from "./page.ts";
import { request } from "./request.ts";
import type { HeaderPair } from "./scenario.ts";
import { seeTokenAnswer } from "./tokens-seen.ts";
import { resolveUrl, splitUrl } from "./url-parts.ts";
import type { World } from "./world.ts";

/** A browser on its way through the program's pages. */
export interface Journey {
  readonly world: World;
  readonly browser: string;
  readonly headers: readonly HeaderPair[];
  readonly masks: Masks;
  /** Where it is: a page of the program, or the address outside to which it was sent. */
  url: string;
  answer: Answer;
  /** Each page, and each way out of the program. */
  readonly stops: Observation[];
}

export interface Move {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly form?: Readonly<Record<string, string>>;
}

/** Go to an address of the program and on with every redirect inside of it; the stop at the end is noted. */
export async function go(journey: Journey, { method, url, form }: Move): Promise<void> {
  let next: Move | undefined = form === undefined ? { method, url } : { method, url, form };
  for (let hops = 0; next !== undefined; hops += 1) {
    if (hops === MOST_HOPS) throw new Error(`too many redirects, the last to ${next.url}`);
    next = await hop(journey, next);
  }
}

/** The page on which the browser is. */
export function pageOf({ answer }: Journey): Page {
  return readPage(answer.body.toString());
}

const MOST_HOPS = 20;

/** @returns where it is to go on, or undefined at a stop. */
async function hop(journey: Journey, move: Move): Promise<Move | undefined> {
  const { world, browser, headers, stops } = journey;
  const answer = await request(world, { ...move, browser, headers });
  Object.assign(journey, { url: move.url, answer });
  const [target] = valuesOf(answer, "location");
  if (!isRedirection(answer) || target === undefined) {
    stops.push(await seePage(journey));
    return undefined;
  }
  const url = resolveUrl(target, move.url);
  if (url.startsWith(`${world.variables["program"]}/`)) return { method: "GET", url };
  journey.url = url;
  stops.push(await seeWayOut(journey));
  return undefined;
}

async function seePage(journey: Journey): Promise<Observation> {
  const { world, answer, masks, url } = journey;
  const [type = ""] = (valuesOf(answer, "content-type")[0] ?? "").split(";");
  const seen = { status: answer.status, type };
  if (type === "application/json") {
    return { ...seen, json: await seeTokenAnswer(world, JSON.parse(answer.body.toString()), masks) };
  }
  if (type !== "text/html") return seen;
  const { links, forms } = pageOf(journey);
  const paths = links.map(({ href }) => world.normalise.text(splitUrl(resolveUrl(href, url)).path));
  const fields = forms.flatMap((form) => form.fields);
  return {
    ...seen,
    links: [...new Set(paths.filter(Boolean))].sort(),
    fields: forms.map((form) => [
      ...form.fields.filter(isVisible).map(({ type: kind, name }) => `${kind} ${name}`),
      // The button that is pressed tells what was decided.
      ...form.fields.filter(({ name }) => name === "approval").map(({ name, value }) => `${name}=${value}`),
    ]),
    filled: Object.fromEntries(fields.filter(isFilled).map(({ name, value }) => [name, value])),
  };
}

function isVisible({ type }: { readonly type: string }): boolean {
  return !["hidden", "submit", "button"].includes(type);
}

/** A user code is another one in every run. */
function isFilled({
  type,
  name,
  value,
}: {
  readonly type: string;
  readonly name: string;
  readonly value: string;
}): boolean {
  return ["text", "email"].includes(type) && value !== "" && name !== "user_code";
}

async function seeWayOut({ world, answer, masks, url }: Journey): Promise<Observation> {
  const { base, query, fragment } = splitUrl(url);
  const see = async (pairs: string): Promise<unknown> =>
    markRandom(await seeTokenAnswer(world, Object.fromEntries(new URLSearchParams(pairs)), masks));
  return {
    status: answer.status,
    to: world.normalise.text(base),
    ...(query !== "" && { query: await see(query) }),
    ...(fragment !== "" && { fragment: await see(fragment) }),
  };
}

/** Parameter → the length from which it counts as random. */
const RANDOM_FROM: Readonly<Record<string, number>> = { code: 16, state: 20, code_challenge: 20, code_verifier: 20 };

function markRandom(parameters: unknown): unknown {
  return Object.fromEntries(
    Object.entries(Object(parameters)).map(([name, value]) => {
      const isRandom = typeof value === "string" && value.length >= (RANDOM_FROM[name] ?? Infinity);
      return [name, isRandom ? `<${name}>` : value];
    }),
  );
}
