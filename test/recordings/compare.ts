/** One difference between what was recorded and what came. */
export interface Difference {
  /** Path of the field, such as `headers.location[0]` or `callback.set_cookie[1].lifetime`. */
  readonly where: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/** Seconds by which the lifetime of a cookie or a key may differ. */
const LIFETIME_TOLERANCE = 5;

/** Compare field by field. Absent and null are the same, and what is under `information` is not looked at. */
export function differences(expected: unknown, got: unknown, where = ""): readonly Difference[] {
  if (where.endsWith("information")) return [];
  if (isObject(expected) && isObject(got)) {
    return where.endsWith("mentions") ? missingWords(expected, got, where) : ofObjects(expected, got, where);
  }
  if (Array.isArray(expected) && Array.isArray(got) && expected.length === got.length) {
    return expected.flatMap((item, index) => differences(item, got[index], `${where}[${index}]`));
  }
  return isSame(expected, got, where) ? [] : [{ where, expected, got }];
}

/** A difference in words, long values cut. */
export function describeDifference({ where, expected, got }: Difference): string {
  return `${where}: expected ${inShort(expected)}, got ${inShort(got)}`;
}

function ofObjects(expected: Fields, got: Fields, where: string): readonly Difference[] {
  const keys = new Set([...Object.keys(expected), ...Object.keys(got)]);
  return [...keys].flatMap((key) => differences(expected[key], got[key], where === "" ? key : `${where}.${key}`));
}

/** Words that a program must name at its end; that it names more is no difference. */
function missingWords(expected: Fields, got: Fields, where: string): readonly Difference[] {
  const missing = Object.keys(expected).filter((word) => got[word] !== true);
  return missing.map((word) => ({ where: `${where}.${word}`, expected: true, got: false }));
}

function isSame(expected: unknown, got: unknown, where: string): boolean {
  if (where.endsWith("lifetime") && isPositive(expected) && isPositive(got)) {
    return Math.abs(expected - got) <= LIFETIME_TOLERANCE;
  }
  if (Array.isArray(expected) || Array.isArray(got)) return false;
  return (expected ?? undefined) === (got ?? undefined);
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && value > 0;
}

function inShort(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return text.length <= 600 ? text : `${text.slice(0, 600)}…`;
}
