import { toJsonSchema } from "@valibot/to-json-schema";

import { gatehouseFile } from "../src/config/schema/gatehouse-file.ts";

/**
 * The native file's JSON Schema, by which editors complete it and mark what is wrong.
 *
 * Checks that JSON Schema cannot say are left to `gatehouse check`.
 */
export function renderNativeSchema(): string {
  const schema = toJsonSchema(gatehouseFile, { typeMode: "input", ignoreActions: ["check"] });
  const head = { $schema: "http://json-schema.org/draft-07/schema#", title: "Gatehouse's configuration" };
  return `${JSON.stringify({ ...head, ...schema, $schema: head.$schema }, undefined, 2)}\n`;
}
