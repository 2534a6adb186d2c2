import { columnTime } from "../sql/go-time.ts";
import type { SqlFlavour } from "../sql/sql-flavour.ts";

/** PostgreSQL's SQL. */
export const POSTGRES: SqlFlavour = {
  name: "postgres",
  schemaWords: {
    never: "'0001-01-01 00:00:00 UTC'",
    longtext: "text",
    longbytes: "bytea",
    number: "numeric", // what is printed of it is exact in every version
  },
  tableOptions: "",
  quote: (identifier) => `"${identifier}"`,
  placeholder: (index) => `$${index}`,
  time: columnTime(6, "+00:00"),
  listOrder: (keyColumns) => keyColumns.map((column) => `${column} COLLATE "C"`).join(", "),
  version: () => "xmin::text",
  // An array, so that the limited selection is made once whatever the plan; all keys that end are one column.
  deleteSome: (table, [key], condition, limit) =>
    `DELETE FROM ${table} WHERE ${key} = ANY (ARRAY(` +
    `SELECT ${key} FROM ${table} WHERE ${condition} LIMIT ${limit} FOR UPDATE SKIP LOCKED))`,
};
