import type { Log, LogFields } from "./log.ts";

type Level = "debug" | "info" | "warn" | "error";

export interface LogOptions {
  /** `auto`: text when the output is a terminal, JSON otherwise. */
  readonly format: "auto" | "json" | "text";
  /** Events below it cost one comparison. */
  readonly level: Level;
  /** `slog`: lines as programs in Go write them, to standard error. Default: our own, to standard output. */
  readonly style?: "slog";
  /** Names of fields that are never written. */
  readonly excludeFields?: readonly string[];
  /** Called with each line, without its newline, at once. Default: the stream of the style, several lines a write. */
  readonly write?: (line: string) => void;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly clock?: () => number;
  /** Default: whether standard output is a terminal. */
  readonly isTerminal?: boolean;
}

const RANK: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** How long a line may wait for company before it is written. */
const FLUSH_MILLISECONDS = 20;

/** A longer value is cut: what a client sent must not fill the disk. */
const MAX_VALUE_LENGTH = 2048;

/** What JSON leaves alone and a terminal obeys: DEL, C1 controls, line separators, and the marks that turn text around. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * The program's log: one line an event, `time`, `level`, `event`, then the fields in the order given.
 * A value cannot begin a new line or move a terminal's cursor: control characters are escaped.
 */
export function createLog(options: LogOptions): Log {
  const terminal = options.isTerminal ?? process.stdout.isTTY;
  const text = options.format === "text" || (options.format === "auto" && terminal);
  const isSlog = options.style === "slog";
  const render = isSlog ? (text ? slogTextLine : slogJsonLine) : text ? textLine : jsonLine;
  const sink: Sink = {
    rank: RANK[options.level],
    render: without(new Set(options.excludeFields), render),
    write: options.write ?? createStreamWriter(isSlog ? process.stderr : process.stdout),
    clock: options.clock ?? Date.now,
  };
  return logWith(sink, undefined);
}

type Render = (line: Line) => string;

interface Sink {
  readonly rank: number;
  readonly render: Render;
  readonly write: (line: string) => void;
  readonly clock: () => number;
}

interface Line {
  readonly time: string;
  readonly level: Level;
  readonly event: string;
  readonly fields: LogFields;
}

function logWith(sink: Sink, own: LogFields | undefined): Log {
  const at = (level: Level) => {
    if (RANK[level] < sink.rank) return (): void => undefined;
    return (event: string, fields?: LogFields): void => {
      const time = new Date(sink.clock()).toISOString();
      sink.write(
        sink.render({ time, level, event, fields: own === undefined ? (fields ?? {}) : { ...own, ...fields } }),
      );
    };
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => logWith(sink, { ...own, ...fields }),
  };
}

function without(names: ReadonlySet<string>, render: Render): Render {
  if (names.size === 0) return render;
  return (line) => {
    const kept = Object.entries(line.fields).filter(([name]) => !names.has(name));
    return render({ ...line, fields: Object.fromEntries(kept) });
  };
}

function jsonLine({ time, level, event, fields }: Line): string {
  return jsonRecord({ time, level, event }, fields);
}

function slogJsonLine({ time, level, event, fields }: Line): string {
  return jsonRecord({ time, level: level.toUpperCase(), msg: event }, fields);
}

function jsonRecord(record: Record<string, unknown>, fields: LogFields): string {
  for (const [name, value] of Object.entries(fields)) {
    // A field must not be able to pass for the event itself.
    if (value !== undefined) record[name in record ? `${name}_` : name] = shorten(value);
  }
  return escapeUnsafe(JSON.stringify(record));
}

function textLine({ time, level, event, fields }: Line): string {
  return `${time} ${level.toUpperCase().padEnd(5)} ${escapeUnsafe(event)}${textFields(fields)}`;
}

function textFields(fields: LogFields): string {
  let text = "";
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) text += ` ${name}=${quoteWhereNeeded(String(shorten(value)))}`;
  }
  return escapeUnsafe(text);
}

function slogTextLine({ time, level, event, fields }: Line): string {
  return `time=${time} level=${level.toUpperCase()}${textFields({ msg: event })}${textFields(fields)}`;
}

function quoteWhereNeeded(value: string): string {
  return /^[^\s"=\\\u0000-\u001f]+$/.test(value) ? value : JSON.stringify(value);
}

function shorten(value: string | number | boolean): string | number | boolean {
  return typeof value === "string" && value.length > MAX_VALUE_LENGTH ? `${value.slice(0, MAX_VALUE_LENGTH)}…` : value;
}

function escapeUnsafe(line: string): string {
  return line.replace(UNSAFE, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Lines that come close together share one write; what waits when the process ends is written then. */
function createStreamWriter(stream: NodeJS.WriteStream): (line: string) => void {
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    if (waiting === "") return;
    const lines = waiting;
    waiting = "";
    stream.write(lines);
  };
  process.once("exit", flush);
  return (line) => {
    waiting += `${line}\n`;
    timer ??= setTimeout(flush, FLUSH_MILLISECONDS);
    timer.unref();
  };
}
