/** One line of the result. */
export interface Row {
  readonly work: string;
  readonly ours: number;
  readonly unit: "µs" | "ms" | "MB";
  /** What it is compared with; absent: the bound is absolute. */
  readonly reference?: { readonly name: string; readonly value: number };
  /** What the program that we stand in for needs for the same; absent: it was not asked. */
  readonly original?: number;
  /** Of the ratio, or absolute in `unit`; absent: it is only shown. */
  readonly bound?: number;
}

/** A markdown table; with a column for the original where it was measured. */
export function renderTable(rows: readonly Row[]): string {
  const hasOriginal = rows.some(({ original }) => original !== undefined);
  const head = ["work", "Gatehouse", "reference", "ratio", "at most", "", ...(hasOriginal ? ["original"] : [])];
  const rule = ["---", "---:", "---:", "---:", "---:", "---", ...(hasOriginal ? ["---:"] : [])];
  const lines = rows.map((row) => [...cells(row), ...(hasOriginal ? [originalCell(row)] : [])]);
  return [head, rule, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cells(row: Row): readonly string[] {
  const { work, ours, reference, unit, bound } = row;
  const isRatio = reference !== undefined;
  return [
    work,
    `${amount(ours)} ${unit}`,
    isRatio ? `${amount(reference.value)} ${unit} (${reference.name})` : "",
    isRatio ? `${(ours / reference.value).toFixed(2)} ×` : "",
    bound === undefined ? "" : isRatio ? `${bound} ×` : `${bound} ${unit}`,
    bound === undefined ? "" : holds(row) ? "holds" : "**exceeded**",
  ];
}

function originalCell({ original, reference, unit }: Row): string {
  if (original === undefined) return "";
  const ratio = reference === undefined ? "" : `, ${(original / reference.value).toFixed(2)} ×`;
  return `${amount(original)} ${unit}${ratio}`;
}

export function holds({ ours, reference, bound }: Row): boolean {
  return bound === undefined || (reference === undefined ? ours : ours / reference.value) <= bound;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function amount(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value >= 0.1 ? 2 : 3);
}
