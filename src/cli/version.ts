import manifest from "../../package.json" with { type: "json" };

import type { CommandIo } from "./command-io.ts";

/** This version of Gatehouse. */
export const VERSION: string = manifest.version;

/** `gatehouse version` */
export async function version(_argv: readonly string[], io: CommandIo): Promise<number> {
  io.stdout(`gatehouse ${VERSION}\n`);
  return 0;
}
