import { type CookieContext, parseSetCookie } from "./cookie-jar.ts";
import { type Answer, destinationOf, sendRequest, valuesOf } from "./http-client.ts";
import { formEncode } from "./pairs.ts";
import { substitute } from "./placeholders.ts";
import type { CaptureRule, HeaderPair, RequestOrder } from "./scenario.ts";
import type { World } from "./world.ts";

/** Send a step's request, with the cookies of its browser when it has one, and keep the cookies of the answer. */
export async function request(world: World, order: RequestOrder): Promise<Answer> {
  const filled = substitute(order, world.variables);
  const { browser, method = "GET", headers = [], secure = false } = filled;
  const inUrl = destinationOf(filled.url);
  const to = { ...inUrl, target: filled.target ?? inUrl.target };
  const hostHeader = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? to.host;
  const host = hostHeader.replace(/:\d+$/, "");
  const isSecure = to.tls || host === "127.0.0.1" || host === "localhost" || secure;
  const context: CookieContext = { host, path: to.target.split("?")[0] ?? "", secure: isSecure };
  const cookies = browser === undefined ? "" : world.jar(browser).header(context);
  const body = Buffer.from(filled.form === undefined ? (filled.body ?? "") : formEncode(Object.entries(filled.form)));
  const answer = await sendRequest({
    to,
    method,
    headers: [...ownHeaders(filled, { host: hostHeader, cookies, length: body.length }), ...headers],
    body,
    ...(filled.http !== undefined && { version: filled.http }),
    ...(filled.websocket !== undefined && { websocket: filled.websocket }),
    ...(filled.timeout !== undefined && { timeout: filled.timeout }),
  });
  world.jar(browser ?? "").store(valuesOf(answer, "set-cookie"), context);
  return answer;
}

/** Take values out of what `read` finds into the variables. Throws when there is nothing to take. */
export function capture(
  { variables }: Pick<World, "variables">,
  rules: Readonly<Record<string, CaptureRule>>,
  read: (from: string) => string,
): void {
  for (const [name, { from, regex = "(.*)", decode = from === "url" }] of Object.entries(rules)) {
    const match = new RegExp(regex, "s").exec(read(from));
    if (match === null) throw new Error(`nothing to capture for ${name} from ${from}`);
    const value = match[1] ?? match[0];
    variables[name] = decode ? decodeURIComponent(value) : value;
  }
}

/** What a rule's `from` names of an answer. */
export function captureSource(world: World, answer: Answer, from: string, browser: string | undefined): string {
  const [source, name = ""] = from.split(":");
  if (source === "body") return answer.body.toString();
  if (source === "header") return valuesOf(answer, name).join("\n");
  const set = valuesOf(answer, "set-cookie").map(parseSetCookie);
  return set.find((cookie) => cookie.name === name)?.value || (world.jar(browser ?? "").find(name) ?? "");
}

/** What a client adds by itself, unless the order has it. */
function ownHeaders(
  { headers = [], form, websocket }: RequestOrder,
  { host, cookies, length }: { readonly host: string; readonly cookies: string; readonly length: number },
): readonly HeaderPair[] {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const own: HeaderPair[] = [];
  if (!given.has("host")) own.push(["Host", host]);
  if (!given.has("user-agent")) own.push(["User-Agent", "compat"]);
  if (cookies !== "") own.push(["Cookie", cookies]);
  if (form !== undefined) own.push(["Content-Type", "application/x-www-form-urlencoded"]);
  if (length > 0 && !given.has("content-length") && !given.has("transfer-encoding")) {
    own.push(["Content-Length", String(length)]);
  }
  if (websocket !== undefined && !given.has("upgrade")) own.push(...UPGRADE);
  return own;
}

/** The key is the specification's example. RFC 6455 §1.3 */
const UPGRADE: readonly HeaderPair[] = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];
