import { PublicError } from "../protocol/public-error.ts";

/**
 * `conflict`: an object with this key exists already. `refused`: the store cannot hold this value, now or later (too
 * long for its column, characters it does not have). `unreachable`: the store cannot answer now (locked, full, corrupt,
 * down).
 */
export type StoreErrorCode = "conflict" | "refused" | "unreachable";

/** A failure of a store. `cause` holds the driver's words and the file or address, for the log only. */
export class StoreError extends PublicError {
  readonly reason: StoreErrorCode;

  constructor(reason: StoreErrorCode, cause: unknown) {
    super({ ...PUBLIC[reason], cause });
    this.reason = reason;
  }
}

const PUBLIC = {
  conflict: { status: 409, code: "store_conflict", publicMessage: "This object exists already." },
  refused: { status: 400, code: "store_refused", publicMessage: "A value of this request is too long to be kept." },
  unreachable: {
    status: 503,
    code: "store_unreachable",
    publicMessage: "The service cannot reach its data at the moment.",
    retryAfterSeconds: 5,
  },
} as const;
