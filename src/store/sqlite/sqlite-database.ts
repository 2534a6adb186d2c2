import { setTimeout as sleep } from "node:timers/promises";

import { systemClock, type Clock } from "../../protocol/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { Operation } from "../sql/collection-operations.ts";
import { storeError, Trouble, type FailureKind } from "../sql/trouble.ts";
import { StoreError } from "../store-error.ts";
import { fileIdentity, openDatabase, type Connection } from "./open-database.ts";
import { failureKind } from "./sqlite-failure.ts";

export interface SqliteDeps {
  readonly log: Log;
  readonly metrics?: Pick<Metrics, "storeOperation">;
  /** Decides when a lease ends and when to look at the file again. Default: the system's clock. */
  readonly clock?: Clock;
}

/** Pauses before trying a locked file again, milliseconds: about two seconds in all. */
const BUSY_PAUSES: readonly number[] = [2, 5, 10, 20, 40, 80, 150, 250, 400, 500, 500];

/** How often the file behind the name is looked at, seconds. */
const IDENTITY_CHECK_INTERVAL = 1;

/**
 * A database file that is opened when it is first needed and opened anew after it failed, so that a locked, full,
 * corrupt or missing file fails the operations (`unreachable`) and never the process, and work goes on by itself once
 * the file is well again. Each change between the two is logged once, with the file's name. A file is never deleted,
 * emptied or made anew in the place of one that was there.
 */
export class SqliteDatabase {
  readonly file: string;
  readonly #deps: SqliteDeps;
  readonly #clock: Clock;
  readonly #trouble: Trouble;
  #connection: Connection | undefined;
  #wasOpen = false;
  #closed = false;
  #checkedAt = 0;

  constructor(deps: SqliteDeps, file: string) {
    this.#deps = deps;
    this.#clock = deps.clock ?? systemClock;
    this.#trouble = new Trouble(deps.log, { file });
    this.file = file;
  }

  /**
   * Do something with the database, in one go: `work` must not wait. While another process holds the lock it is tried
   * again for two seconds without blocking this process; not while the file is known to be in trouble, so that requests
   * do not queue up.
   *
   * @throws {StoreError} `unreachable`, or `conflict` when `work` inserted a key that is taken.
   */
  async run<R>(operation: Operation, work: (connection: Connection) => R): Promise<R> {
    const started = performance.now();
    try {
      for (let attempt = 0; ; attempt += 1) {
        const outcome = this.#attempt(operation, work);
        if ("result" in outcome) return outcome.result;
        const pause = outcome.kind === "busy" && !this.#trouble.isKnown ? BUSY_PAUSES[attempt] : undefined;
        if (pause === undefined) throw this.#failed(operation, outcome.kind, outcome.error);
        await sleep(pause);
      }
    } finally {
      this.#deps.metrics?.storeOperation(operation.name, (performance.now() - started) / 1000);
    }
  }

  /** Is the file there and a database? */
  ping(): Promise<void> {
    this.#checkedAt = 0;
    return this.run({ name: "ping", writes: false }, (connection) => {
      connection.prepare("SELECT max(num) FROM gatehouse_migrations").get();
    });
  }

  /** Finish. What comes later fails as `unreachable`. */
  close(): void {
    this.#closed = true;
    this.#disconnect();
  }

  #attempt<R>(operation: Operation, work: (connection: Connection) => R): Attempt<R> {
    try {
      const result = work(this.#connect());
      this.#trouble.succeeded(operation);
      return { result };
    } catch (error) {
      return { error, kind: this.#connection === undefined ? (failureKind(error) ?? "unusable") : failureKind(error) };
    }
  }

  #connect(): Connection {
    if (this.#closed) throw new Error("the store was closed");
    this.#lookAtFile();
    this.#connection ??= this.#open();
    return this.#connection;
  }

  #open(): Connection {
    const connection = openDatabase(this.file, !this.#wasOpen);
    this.#wasOpen = true;
    for (const { table, from, to } of connection.migrated) {
      this.#deps.log.info("database schema brought forward", { file: this.file, table, from, to });
    }
    return connection;
  }

  /** A file that was put in the place of the open one (a backup, restored) is what counts from now on. */
  #lookAtFile(): void {
    const now = this.#clock();
    if (this.#connection === undefined || now - this.#checkedAt < IDENTITY_CHECK_INTERVAL) return;
    this.#checkedAt = now;
    let identity: string | undefined;
    try {
      identity = fileIdentity(this.file);
    } catch (error) {
      this.#disconnect();
      throw error;
    }
    if (identity !== this.#connection.identity) this.#disconnect();
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    try {
      connection?.db.close();
    } catch (error) {
      this.#deps.log.warn("database did not close cleanly", { file: this.file, reason: String(error) });
    }
  }

  #failed(operation: Operation, kind: FailureKind | undefined, error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    const failure = storeError(kind, new Error(`${this.file}: ${operation.name}: ${reason}`, { cause: error }));
    if (kind === undefined || kind === "conflict" || kind === "refused" || this.#closed) return failure;
    this.#trouble.begin(operation, kind, reason, this.#connection !== undefined);
    if (kind === "unusable") this.#disconnect();
    return failure;
  }
}

type Attempt<R> = { readonly result: R } | { readonly error: unknown; readonly kind: FailureKind | undefined };
