import { benchDex, wantsDex } from "./dex.ts";
import { benchDropIn, wantsDropIn } from "./drop-in.ts";
import { benchNative, wantsNative } from "./native.ts";
import { holds, renderTable } from "./table.ts";
import { createWorkbench } from "./workbench.ts";

/**
 * `npm run bench`: what a request costs in CPU time of the serving process (user and system, all threads), against nginx in the
 * same run. The server has one core, the load another. Three rounds, each measuring ours and then the reference; the
 * median counts. `npm run bench -- PART` runs the rows whose name contains PART.
 */
const bench = await createWorkbench(process.argv[2] ?? "");
try {
  if (wantsNative(bench)) await benchNative(bench);
  if (wantsDropIn(bench)) await benchDropIn(bench);
  if (wantsDex(bench)) await benchDex(bench);
} finally {
  await bench.close();
}
console.log(renderTable(bench.rows));
process.exitCode = bench.rows.every(holds) ? 0 : 1;
