import { PublicError } from "../protocol/public-error.ts";

/** `conflict`: an object with this key exists already. `unreachable`: the store cannot answer now (locked, full, corrupt, down). */
export type StoreErrorCode = "conflict" | "unreachable";

/** A failure of a store. `cause` holds the driver's words and the file or address, for the log only. */
export class StoreError extends PublicError {
  readonly reason: StoreErrorCode;

  constructor(reason: StoreErrorCode, cause: unknown) {
    super(
      reason === "conflict"
        ? { status: 409, code: "store_conflict", publicMessage: "This object exists already.", cause }
        : {
            status: 503,
            code: "store_unreachable",
            publicMessage: "The service cannot reach its data at the moment.",
            retryAfterSeconds: 5,
            cause,
          },
    );
    this.reason = reason;
  }
}
