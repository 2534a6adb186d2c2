import type { SqlFlavour } from "./sql-flavour.ts";

/**
 * The statements of one step of a schema, where flavours differ, by flavour; a flavour that is not named does not have
 * the step. Types are words that each flavour translates: `text`, `bytea`, `boolean`, `timestamptz` with its
 * `never`, and for our own tables `longtext`, `longbytes` and `number`.
 */
export type SchemaStep = readonly string[] | Partial<Readonly<Record<SqlFlavour["name"], readonly string[]>>>;

/** The steps that a flavour has, in its own words. */
export function schemaSteps(steps: readonly SchemaStep[], flavour: SqlFlavour): readonly (readonly string[])[] {
  return steps
    .map((step) => (isCommon(step) ? step : step[flavour.name]))
    .filter((statements) => statements !== undefined)
    .map((statements) => statements.map((statement) => translate(statement, flavour)));
}

function isCommon(step: SchemaStep): step is readonly string[] {
  return Array.isArray(step);
}

function translate(statement: string, flavour: SqlFlavour): string {
  const translated = statement.replace(/\b[a-z]+\b/g, (word) => flavour.schemaWords[word] ?? word);
  return statement.startsWith("CREATE TABLE") ? translated + flavour.tableOptions : translated;
}
