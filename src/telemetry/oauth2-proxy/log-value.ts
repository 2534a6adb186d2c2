/** A longer value is cut: what a client sent must not fill the disk. */
const MAX_LENGTH = 2048;

/** What begins a line, moves a terminal's cursor or turns text around. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A value that cannot forge a line. */
export function logValue(value: string): string {
  const text = value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value;
  return text.replace(UNSAFE, escapeMark);
}

/** The same in double quotes, as Go's `%q`. */
export function quotedLogValue(value: string): string {
  return `"${logValue(value.replace(/["\\]/g, (mark) => `\\${mark}`))}"`;
}

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeMark(mark: string): string {
  const code = mark.charCodeAt(0);
  return (
    NAMED[mark] ??
    (code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`)
  );
}
