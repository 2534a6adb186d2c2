import { columnTime } from "../sql/go-time.ts";
import type { SqlFlavour } from "../sql/sql-flavour.ts";

/** The SQL of MySQL and MariaDB. */
export const MYSQL: SqlFlavour = {
  name: "mysql",
  schemaWords: {
    text: "varchar(384)",
    bytea: "blob",
    timestamptz: "datetime(3)",
    never: "'1000-01-01 00:00:00'",
    longtext: "longtext",
    longbytes: "longblob",
    number: "double",
    keys: "`keys`",
    groups: "`groups`",
  },
  // Whatever the database's default: every character can be kept, and ids that differ in case are two.
  tableOptions: " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
  quote: (identifier) => `\`${identifier}\``,
  placeholder: () => "?",
  time: columnTime(3, ""),
  listOrder: (keyColumns) => keyColumns.join(", "),
  // There is no version to ask for; bytes and NULL count, so neither a collation nor a character set can hide a change.
  version: (columns) => `SHA2(CONCAT_WS(',', ${columns.map((column) => `QUOTE(${column})`).join(", ")}), 256)`,
  deleteSome: (table, _, condition, limit) => `DELETE FROM ${table} WHERE ${condition} LIMIT ${limit}`,
};
