/** How one family of databases wants its SQL. */
export interface SqlFlavour {
  readonly name: "sqlite" | "postgres" | "mysql";
  /** Words of the schema's statements that are others here. */
  readonly schemaWords: Readonly<Record<string, string>>;
  /** What stands behind a new table's columns. */
  readonly tableOptions: string;
  quote(identifier: string): string;
  /** @param index of the parameter, from 1. */
  placeholder(index: number): string;
  /** How a column holds a time: seconds since the epoch, 0 and less = never. */
  time(seconds: number): string;
  /** What a list is ordered by, given the quoted key columns. */
  listOrder(keyColumns: readonly string[]): string;
  /**
   * An expression that says which version of a row this is, given its quoted columns: it is another one after every
   * change. Absent where a transaction can be had without waiting.
   */
  readonly version?: (columns: readonly string[]) => string;
  /** Delete rows for which a condition holds (it takes the parameters before), at most as many as the last parameter says. */
  deleteSome(table: string, keyColumns: readonly string[], condition: string, limit: string): string;
}
