import type { DexCommand } from "../config/dex/load-dex-configuration.ts";
import { renderProblem } from "../config/problem.ts";
import type { CommandIo } from "./command-io.ts";
import { tryToBuild } from "./try-to-build.ts";

type Check = Extract<DexCommand, { kind: "check" }>;

/** What is on the page only is told of, or stops the start. */
const ALL_DIFFERENCES = "All differences, why they are, and the way back: docs/reference/differences-from-dex.md\n";

/**
 * `gatehouse dex check FILE`: everything that is wrong with the file, then what will be different from dex with it. The
 * storage is not touched: opening it would bring its tables up to date.
 *
 * @returns 0 when the file can be served, perhaps with warnings; 2 when it cannot.
 */
export async function checkDex({ result, differences }: Check, io: CommandIo): Promise<number> {
  const { configuration, problems } = result;
  for (const problem of problems) io.stderr(`${renderProblem(problem)}\n`);
  if (configuration === undefined) return 2;
  const trouble = await tryToBuild({ ...configuration, storage: { type: "memory" } });
  if (trouble !== undefined) {
    io.stderr(`gatehouse: ${trouble}\n`);
    return 2;
  }
  const list = differences.map((difference) => `  - ${difference}\n`).join("");
  io.stdout(`The file can be served. What will be different from dex with it:\n${list}${ALL_DIFFERENCES}`);
  return 0;
}
