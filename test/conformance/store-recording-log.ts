import type { Log, LogFields } from "../../src/telemetry/log.ts";

/** A log that keeps its lines, as `level event field=value …`, for tests to read. */
export function recordingLog(lines: string[], always: LogFields = {}): Log {
  const write =
    (level: string) =>
    (event: string, fields: LogFields = {}): void => {
      const shown = Object.entries({ ...always, ...fields }).map(([name, value]) => `${name}=${String(value)}`);
      lines.push([level, event, ...shown].join(" "));
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (fields) => recordingLog(lines, { ...always, ...fields }),
  };
}
