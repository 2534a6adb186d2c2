/** Values that a log line may carry. Never a token, cookie, code, secret or password. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** A structured logger: one line an event. `event` is a short, constant phrase; what varies goes into fields. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Log;
}
