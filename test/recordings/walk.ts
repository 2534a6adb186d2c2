import { valuesOf } from "./http-client.ts";
import { type Journey, go, pageOf } from "./journey.ts";
import type { Observation } from "./observe.ts";
import type { Field, Form } from "./page.ts";
import { formEncode } from "./pairs.ts";
import { substitute } from "./placeholders.ts";
import { capture, request } from "./request.ts";
import { readSamlRequest, seeSamlRequest } from "./saml-request.ts";
import { samlResponse } from "./saml-response.ts";
import type { SamlOrder, Step, WalkAction, WalkOrder } from "./scenario.ts";
import { resolveUrl, splitUrl } from "./url-parts.ts";
import type { World } from "./world.ts";

/** Go a way through the program's pages and note each stop. Throws when a page has no such link or form. */
export async function walk(
  world: World,
  { capture: rules = {}, mask = [] }: Step,
  order: WalkOrder,
): Promise<Observation> {
  const { start, browser = "a", headers = [], do: actions = [] } = substitute(order, world.variables);
  const nowhere = { status: "closed", headers: [], body: Buffer.alloc(0), streamed: false } as const;
  const journey: Journey = { world, browser, headers, masks: mask, url: start, answer: nowhere, stops: [] };
  await go(journey, { method: "GET", url: start });
  for (const action of actions) await act(journey, action);
  capture(world, rules, (from) => (from === "url" ? journey.url : journey.answer.body.toString()));
  return { stops: journey.stops };
}

function act(journey: Journey, { choose, link, form, upstream, saml }: WalkAction): Promise<void> {
  if (choose !== undefined)
    return follow(journey, choose, ({ path }) => decodeURIComponent(path).endsWith(`/${choose}`));
  if (link !== undefined) {
    const words = link.toLowerCase();
    return follow(journey, link, ({ href, text }) => text.toLowerCase().includes(words) || href.includes(link));
  }
  if (form !== undefined) return submit(journey, form);
  if (saml !== undefined) return answerSaml(journey, saml);
  if (upstream !== undefined) return comeBack(journey, upstream);
  throw new Error("a walk knows no such action");
}

interface LinkOnPage {
  readonly href: string;
  readonly text: string;
  readonly path: string;
}

async function follow(journey: Journey, what: string, isIt: (link: LinkOnPage) => boolean): Promise<void> {
  for (const { href, text } of pageOf(journey).links) {
    const url = resolveUrl(href, journey.url);
    if (isIt({ href, text, path: splitUrl(url).path })) return go(journey, { method: "GET", url });
  }
  throw new Error(`no link ${what} on the page: ${inWords(journey)}`);
}

/** Submit the form that has all these fields; a hidden one must already hold its value. */
async function submit(journey: Journey, values: Readonly<Record<string, string | null>>): Promise<void> {
  const form = pageOf(journey).forms.find((candidate) => isFor(candidate, values));
  if (form === undefined) throw new Error(`no form with ${Object.keys(values).join()}: ${inWords(journey)}`);
  const data = Object.fromEntries(form.fields.filter(isSent).map(({ name, value }) => [name, value]));
  for (const [name, value] of Object.entries(values)) {
    if (value === null) delete data[name];
    else data[name] = value;
  }
  const url = resolveUrl(form.action, journey.url);
  if (form.method === "post") return go(journey, { method: "POST", url, form: data });
  return go(journey, { method: "GET", url: `${splitUrl(url).base}?${formEncode(Object.entries(data))}` });
}

function isFor({ fields }: Form, values: Readonly<Record<string, string | null>>): boolean {
  return Object.entries(values).every(([name, value]) => {
    const field = fields.findLast((candidate) => candidate.name === name);
    return field !== undefined && (field.type !== "hidden" || field.value === value);
  });
}

/** What goes along by itself; a button only when it is pressed. */
function isSent({ type, isChecked }: Field): boolean {
  if (type === "checkbox") return isChecked;
  return !["radio", "submit", "button"].includes(type);
}

/** Come back from the upstream provider, as itself sends the browser or with other parameters. */
async function comeBack(journey: Journey, upstream: "login" | Readonly<Record<string, string>>): Promise<void> {
  const { world, url } = journey;
  if (upstream === "login") {
    const answer = await request(world, { url });
    const [back] = valuesOf(answer, "location");
    if (back === undefined)
      throw new Error(`the upstream provider answered ${answer.status} ${answer.body.toString()}`);
    return go(journey, { method: "GET", url: back });
  }
  const asked = new URLSearchParams(splitUrl(url).query);
  const to = asked.get("redirect_uri") ?? world.variables["program"] ?? "";
  const pairs = Object.entries({ state: asked.get("state") ?? "", ...upstream });
  return go(journey, { method: "GET", url: `${to}${to.includes("?") ? "&" : "?"}${formEncode(pairs)}` });
}

/** Let the browser carry a response to where the request on the page asked for it. SAML 2.0 Bindings §3.5 */
async function answerSaml(journey: Journey, order: SamlOrder): Promise<void> {
  const { world, stops } = journey;
  const fields = pageOf(journey).forms.flatMap((form) => form.fields);
  const valueOf = (name: string): string => fields.find((field) => field.name === name)?.value ?? "";
  const asked = readSamlRequest(valueOf("SAMLRequest"));
  stops.push({ ...stops.pop(), "saml request": seeSamlRequest(asked, world.normalise) });
  const form = {
    SAMLResponse: Buffer.from(samlResponse(asked, order, world.provider.keys)).toString("base64"),
    RelayState: order.relay_state ?? valueOf("RelayState"),
  };
  const url = `${world.variables["program"]}${splitUrl(asked.attributes["AssertionConsumerServiceURL"] ?? "").path}`;
  return go(journey, { method: "POST", url, form });
}

function inWords(journey: Journey): string {
  return `${journey.answer.status} ${pageOf(journey).lines.join(" | ").slice(0, 300)}`;
}
