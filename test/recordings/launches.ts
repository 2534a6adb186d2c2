import { join } from "node:path";
import type { Observation } from "./observe.ts";
import { substitute } from "./placeholders.ts";
import { endProcess, launch, outcomeOf, readOutput } from "./program.ts";
import type { LaunchOrder, Start } from "./scenario.ts";
import type { World } from "./world.ts";

/** Start the scenario's program, in place of the one that runs. Throws when it does not answer in time. */
export async function startProgram(world: World, start: Start): Promise<void> {
  if (world.program !== undefined) await endProcess(world.program);
  const output = outputPath(world);
  const program = launch({ ...ordered(world, start), output });
  world.program = program;
  const outcome = await outcomeOf(program, readyUrl(world, start));
  if (outcome !== "serves") throw new Error(`the program ${outcome} at start: ${readOutput(output).slice(-600)}`);
}

/** Start the program once more, apart from the scenario's own: does it serve, and what does it name when it ends? */
export async function tryLaunch(world: World, order: LaunchOrder): Promise<Observation> {
  for (const [name, text] of Object.entries(order.files ?? {})) world.write(name, text);
  const output = join(world.folder, `launch-${crypto.randomUUID()}.log`);
  const program = launch({ ...ordered(world, order), output });
  const outcome = await outcomeOf(program, (order.wait ?? "ready") === "ready" ? readyUrl(world, order) : undefined);
  await endProcess(program);
  const printed = readOutput(output).toLowerCase();
  const { mentions = [] } = order;
  return {
    outcome,
    ...(outcome === "ends" && { exit: program.exitCode === 0 ? "zero" : "not zero" }),
    ...(mentions.length > 0 && {
      mentions: Object.fromEntries(mentions.map((word) => [word, printed.includes(word.toLowerCase())])),
    }),
  };
}

/** The file into which the scenario's program prints. */
export function outputPath({ folder }: World): string {
  return join(folder, "output.log");
}

function ordered(
  { command, folder, variables }: World,
  { args = [], env = {} }: Start,
): Omit<Parameters<typeof launch>[0], "output"> {
  return { command, folder, args: substitute(args, variables), env: substitute(env, variables) };
}

function readyUrl({ variables }: World, { ready = "{{proxy}}/ping" }: Start): string {
  return substitute(ready, variables);
}
