/** How a {@link PublicError} is to be answered. */
export interface PublicErrorOptions {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** A closed, machine-readable code. */
  readonly code: string;
  /** What the person or client may be told. Never a path, a driver's text or a secret. */
  readonly publicMessage: string;
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** The private reason, for the log only. */
  readonly cause?: unknown;
}

/**
 * An exception that aborts a request and knows how it may be shown.
 * `http/error-response.ts` is the one place that turns it into an answer.
 */
export class PublicError extends Error {
  readonly status: number;
  readonly code: string;
  readonly publicMessage: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(options: PublicErrorOptions) {
    super(`${options.code}: ${options.publicMessage}`, { cause: options.cause });
    this.name = new.target.name;
    this.status = options.status;
    this.code = options.code;
    this.publicMessage = options.publicMessage;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
