import { rmSync } from "node:fs";
import { join } from "node:path";
import { check, redisOf } from "./checks.ts";
import { applySettings } from "./fake-provider/settings.ts";
import { startProgram, tryLaunch } from "./launches.ts";
import { login } from "./login.ts";
import { type Observation, observe } from "./observe.ts";
import { substitute } from "./placeholders.ts";
import { capture, captureSource, request } from "./request.ts";
import type { RequestOrder, Step } from "./scenario.ts";
import { walk } from "./walk.ts";
import type { World } from "./world.ts";

/** Carry a step out. @returns what is to be compared, or undefined for a step that only prepares. */
export async function runStep(world: World, step: Step): Promise<Observation | undefined> {
  if (step.request !== undefined) return runRequest(world, step, step.request);
  if (step.walk !== undefined) return walk(world, step, step.walk);
  if (step.login !== undefined) return login(world, step);
  if (step.check !== undefined) return check(world, step);
  if (step.launch !== undefined) return tryLaunch(world, step.launch);
  await prepare(world, step);
  return undefined;
}

async function runRequest(world: World, step: Step, order: RequestOrder): Promise<Observation | undefined> {
  const { compare = {}, mask = [], parallel } = step;
  if (parallel !== undefined) {
    const answers = await Promise.all(Array.from({ length: parallel }, () => request(world, order)));
    const seen = answers.map((answer) => observe(world, answer, compare, mask));
    return { answers: sortByJson(await Promise.all(seen)) };
  }
  const answer = await request(world, order);
  capture(world, step.capture ?? {}, (from) => captureSource(world, answer, from, order.browser));
  return step.compare === undefined ? undefined : observe(world, answer, compare, mask);
}

function sortByJson(items: readonly Observation[]): readonly Observation[] {
  const keyed = items.map((item) => [JSON.stringify(item), item] as const);
  return keyed.sort(([one], [other]) => (one < other ? -1 : Number(one > other))).map(([, item]) => item);
}

/** A step may prepare several things; they happen in this order. */
async function prepare(world: World, step: Step): Promise<void> {
  const { scenario, variables, provider } = world;
  if (step.wait_seconds !== undefined) await world.pause(step.wait_seconds * 1000);
  if (step.idp !== undefined) applySettings(provider.settings, substitute(step.idp, variables));
  for (const [name, text] of Object.entries(step.write ?? {})) world.write(name, text);
  if (step.remove !== undefined) rmSync(join(world.folder, step.remove));
  if (step.forget !== undefined) world.jar(step.forget).clear();
  if (step.set !== undefined) Object.assign(variables, substitute(step.set, variables));
  if (step.restart !== undefined) await startProgram(world, { ...scenario, ...step.restart });
  if (step.redis !== undefined) await commandRedis(world, substitute(step.redis, variables));
}

/** `["stop"]`, `["start"]`, `["delete-matching", glob]`, or a command of Redis. */
async function commandRedis(world: World, words: readonly string[]): Promise<void> {
  const redis = redisOf(world);
  const [word, glob = "*"] = words;
  if (word === "stop") await redis.stop();
  else if (word === "start") await redis.start();
  else if (word === "delete-matching") {
    const keys = (await redis.command("KEYS", glob)) as readonly string[]; // as Redis documents it
    if (keys.length > 0) await redis.command("DEL", ...keys);
  } else await redis.command(...words);
}
