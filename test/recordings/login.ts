import { type Answer, valuesOf } from "./http-client.ts";
import { type Observation, observe } from "./observe.ts";
import { percentEncode, substitute } from "./placeholders.ts";
import { request } from "./request.ts";
import type { Compare, Step } from "./scenario.ts";
import type { World } from "./world.ts";

/** Start, authorise at the fake provider, callback, as a browser would; the last redirect is not followed. */
export async function login(world: World, { login: order = {}, compare, mask = [] }: Step): Promise<Observation> {
  const { user, browser = "a", headers = [], secure = true, ...way } = substitute(order, world.variables);
  if (user !== undefined) world.provider.settings.user = user;
  const base = way.base ?? world.variables["proxy"] ?? "";
  const begin = way.start ?? `${way.prefix ?? "/oauth2"}/start?rd=${percentEncode(way.rd ?? "/")}`;
  const wanted: Compare = { headers: ["location"], set_cookie: "names+attributes", ...compare };
  const see = (answer: Answer): Promise<Observation> => observe(world, answer, wanted, mask);

  const start = await request(world, { url: base + begin, browser, headers, secure });
  const target = locationOf(start);
  if (start.status !== 302 || !target.includes("client_id=")) return { start: await see(start) };
  const authorised = await request(world, { url: target });
  const back = locationOf(authorised);
  if (back === "") throw new Error(`the provider answered ${authorised.status} ${authorised.body.toString()}`);
  const startSeen = await see(start);
  const path = back.replace(/^https?:\/\/[^/?]*/, "");
  const callback = await request(world, { url: base + path, browser, headers, secure });
  return { start: startSeen, callback: await see(callback) };
}

function locationOf(answer: Answer): string {
  return valuesOf(answer, "location")[0] ?? "";
}
