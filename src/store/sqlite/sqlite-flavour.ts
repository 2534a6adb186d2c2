import { columnTime } from "../sql/go-time.ts";
import type { SqlFlavour } from "../sql/sql-flavour.ts";

/** SQLite's SQL, in the spelling of dex's schema. */
export const SQLITE: SqlFlavour = {
  name: "sqlite",
  schemaWords: {
    bytea: "blob",
    boolean: "integer",
    false: "0",
    timestamptz: "timestamp",
    never: "'0001-01-01 00:00:00 UTC'",
    longtext: "text",
    longbytes: "blob",
    number: "real",
  },
  tableOptions: "",
  quote: (identifier) => `"${identifier}"`,
  placeholder: () => "?",
  time: columnTime(9, "+00:00"),
  listOrder: () => "rowid",
  deleteSome: (table, _, condition, limit) =>
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${condition} LIMIT ${limit})`,
};
