import { outputPath } from "./launches.ts";
import type { Observation } from "./observe.ts";
import { readOutput } from "./program.ts";
import type { RedisServer } from "./redis-server.ts";
import type { Step } from "./scenario.ts";
import { isToken, seeToken } from "./tokens-seen.ts";
import type { World } from "./world.ts";

/** Look at what the program did behind the scenes. */
export function check(world: World, step: Step): Observation | Promise<Observation> {
  if (step.check === "idp_requests") return providerRequests(world, step);
  if (step.check === "logout_tokens") return logoutTokens(world, step);
  if (step.check === "redis_keys") return redisKeys(redisOf(world));
  return output(world, step);
}

/** The scenario's Redis. Throws when it has none. */
export function redisOf({ redis }: World): RedisServer {
  if (redis === undefined) throw new Error('the scenario does not say that it needs "redis"');
  return redis;
}

/** What the provider was asked since the last look. */
function providerRequests({ provider, normalise }: World, { paths = [], mask = [] }: Step): Observation {
  const asked = provider.log;
  provider.log = [];
  const wanted = asked.filter(({ path }) => paths.length === 0 || paths.includes(path));
  return { requests: wanted.map((entry) => normalise.value(entry, mask)) };
}

/** The back-channel notices since the last look, their tokens opened. OpenID Connect Back-Channel Logout §2.5 */
async function logoutTokens(world: World, { mask = [] }: Step): Promise<Observation> {
  const asked = world.provider.log.sort((one, other) => (one.path < other.path ? -1 : Number(one.path > other.path)));
  world.provider.log = [];
  const notices = asked.map(async ({ method, path, params }) => {
    const pairs = params.map((param) => param.split("=") as [string, string]); // it has that form
    const token = new Map(pairs).get("logout_token") ?? "";
    const opened = isToken(token) ? await seeToken(world, token, mask) : token;
    return { method, path, parameters: pairs.map(([name]) => name), token: opened };
  });
  return { notices: await Promise.all(notices) };
}

async function redisKeys(redis: RedisServer): Promise<Observation> {
  const names = (await redis.command("KEYS", "*")) as readonly string[]; // as Redis documents it
  const keys = await Promise.all(
    names.map(async (name) => ({
      key: name.replace(/[0-9a-f]{32}/g, "<hex32>"),
      lifetime: await redis.command("TTL", name),
      type: await redis.command("TYPE", name),
    })),
  );
  return { keys: keys.sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key))) };
}

/** Lines that the program printed since the last look and that match. */
function output(world: World, { pattern = "", mask = [] }: Step): Observation {
  const printed = readOutput(outputPath(world)).slice(world.outputSeen);
  world.outputSeen += printed.length;
  const lines = printed.split(/\r?\n/).filter((line) => new RegExp(pattern).test(line) && line !== "");
  return { lines: lines.map((line) => world.normalise.text(line, mask)) };
}
