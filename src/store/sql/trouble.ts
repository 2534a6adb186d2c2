import type { Log, LogFields } from "../../telemetry/log.ts";
import { StoreError } from "../store-error.ts";
import type { Operation } from "./collection-operations.ts";

/** What an error of a database means for the store. */
export type FailureKind =
  /** The key is taken. */
  | "conflict"
  /** Somebody else was faster or holds the lock: worth trying again. */
  | "busy"
  /** The database cannot hold this value: too long, or of characters it does not have. */
  | "refused"
  /** Nothing can be written, what is there can be read: disk full, read-only. */
  | "unwritable"
  /** The database is not usable as it is: not there, corrupt, not allowed in. Open it anew. */
  | "unusable";

/** The error that callers see. @param cause names the database and what happened there, for the log. */
export function storeError(kind: FailureKind | undefined, cause: Error): StoreError {
  return new StoreError(kind === "conflict" || kind === "refused" ? kind : "unreachable", cause);
}

/** What does not work at the moment. Each change between well and not is logged once, with where the database is. */
export class Trouble {
  readonly #log: Log;
  readonly #place: LogFields;
  #current: { readonly kind: FailureKind; readonly operation: Operation | undefined } | undefined;

  /** @param place says in every line which database it is about. */
  constructor(log: Log, place: LogFields) {
    this.#log = log;
    this.#place = place;
  }

  get isKnown(): boolean {
    return this.#current !== undefined;
  }

  /** @param isOpen false: nothing at all works, so any success ends it. */
  begin(operation: Operation, kind: FailureKind, reason: string, isOpen: boolean): void {
    if (this.#current === undefined) {
      this.#log.error("store unreachable", { ...this.#place, operation: operation.name, reason });
    }
    this.#current = { kind, operation: isOpen ? operation : undefined };
  }

  succeeded(operation: Operation): void {
    if (this.#current === undefined || !this.#isEndedBy(operation)) return;
    this.#current = undefined;
    this.#log.info("store reachable again", this.#place);
  }

  /**
   * Does a success show that a trouble is over? Reading works while a disk is full, and one table reads well beside a
   * damaged one: only what failed before, or more than that, tells.
   */
  #isEndedBy(succeeded: Operation): boolean {
    const { kind, operation } = this.#current ?? {};
    if (operation === undefined || operation.name === succeeded.name) return true;
    return kind !== "unusable" && (succeeded.writes || !operation.writes);
  }
}
