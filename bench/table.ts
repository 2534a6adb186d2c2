/** One line of the result. */
export interface Row {
  readonly work: string;
  readonly ours: number;
  readonly unit: "µs" | "ms" | "MB";
  /** What it is compared with; absent: the bound is absolute. */
  readonly reference?: { readonly name: string; readonly value: number };
  /** Of the ratio, or absolute in `unit`. */
  readonly bound: number;
}

/** A markdown table. */
export function renderTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { reference, unit } = row;
    const ratio = reference === undefined ? "" : `${(row.ours / reference.value).toFixed(2)} ×`;
    const against = reference === undefined ? "" : `${amount(reference.value)} ${unit} (${reference.name})`;
    const bound = reference === undefined ? `${row.bound} ${unit}` : `${row.bound} ×`;
    return `| ${row.work} | ${amount(row.ours)} ${unit} | ${against} | ${ratio} | ${bound} | ${holds(row) ? "holds" : "**exceeded**"} |`;
  });
  return [
    "| work | Gatehouse | reference | ratio | at most | |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
    ...lines,
  ].join("\n");
}

export function holds({ ours, reference, bound }: Row): boolean {
  return (reference === undefined ? ours : ours / reference.value) <= bound;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function amount(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
