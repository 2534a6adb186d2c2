import { run } from "./cli/run.ts";

const status = await run(process.env["GATEHOUSE_ARGV0"] ?? process.argv0, process.argv.slice(2));
if (status !== undefined) process.exitCode = status;
