import { setTimeout as sleep } from "node:timers/promises";

import type { Log } from "../../telemetry/log.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { StoreError } from "../store-error.ts";
import type { Operation } from "./collection-operations.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { within, type SqlConnection, type SqlServer, type SqlServerDriver } from "./server-driver.ts";
import { bringSchemaForward } from "./server-schema.ts";
import { storeError, Trouble, type FailureKind } from "./trouble.ts";

export interface ServerDeps {
  readonly log: Log;
  readonly metrics?: Pick<Metrics, "storeOperation">;
}

const CONNECTION_TIMEOUT_SECONDS = 10;
/** How long one statement may take; its connection is given up then. */
const STATEMENT_TIMEOUT_SECONDS = 10;
/** The same for a step of the schema, which may have to rewrite a large table. */
const SCHEMA_TIMEOUT_SECONDS = 600;

/** Pauses before trying again what met somebody else's change, milliseconds. */
const BUSY_PAUSES: readonly number[] = [2, 5, 10, 20, 50, 100, 200, 400];

/**
 * A database on a server. Connections are opened when they are needed, so a server that is down at the start or goes
 * away fails the operations (`unreachable`) and never the process, and work goes on by itself once it is back. Each
 * change between the two is logged once.
 */
export class ServerDatabase {
  readonly driver: SqlServerDriver;
  readonly #deps: ServerDeps;
  readonly #place: string;
  readonly #trouble: Trouble;
  readonly #pool: ConnectionPool<SqlConnection>;
  #schema: Promise<void> | undefined;
  #closed = false;

  constructor(deps: ServerDeps, driver: SqlServerDriver, server: SqlServer) {
    this.#deps = deps;
    this.driver = driver;
    this.#place = `${server.host}:${server.port}/${server.database}`;
    this.#trouble = new Trouble(deps.log, { database: this.#place });
    const waitSeconds = server.connectionTimeoutSeconds || CONNECTION_TIMEOUT_SECONDS;
    this.#pool = new ConnectionPool({ ...server, waitSeconds }, () => driver.connect(server, waitSeconds));
  }

  /**
   * Do something on a connection of its own. What met another's change at the same moment is tried again a few times,
   * so `work` may run more than once: it must not depend on what an earlier, failed run did.
   *
   * @throws {StoreError}
   */
  async run<R>(operation: Operation, work: (connection: SqlConnection) => Promise<R>): Promise<R> {
    const started = performance.now();
    try {
      for (let attempt = 0; ; attempt += 1) {
        const outcome = await this.#attempt(operation, work);
        if ("result" in outcome) return outcome.result;
        const pause = outcome.kind === "busy" ? BUSY_PAUSES[attempt] : undefined;
        if (pause === undefined) throw outcome.fail();
        await sleep(pause);
      }
    } finally {
      this.#deps.metrics?.storeOperation(operation.name, (performance.now() - started) / 1000);
    }
  }

  /** Does the server answer, with our tables? */
  ping(): Promise<void> {
    return this.run({ name: "ping", writes: false }, async (connection) => {
      await connection.query("SELECT max(num) FROM gatehouse_migrations");
    });
  }

  /** Finish. What comes later fails as `unreachable`. */
  close(): void {
    this.#closed = true;
    this.#pool.close();
  }

  async #attempt<R>(operation: Operation, work: (connection: SqlConnection) => Promise<R>): Promise<Attempt<R>> {
    let connection: SqlConnection | undefined;
    let isReady = false;
    try {
      const result = await this.#pool.use(async (opened) => {
        connection = opened;
        await this.#bringSchemaForward(opened);
        isReady = true;
        return work(limited(opened, STATEMENT_TIMEOUT_SECONDS));
      });
      this.#trouble.succeeded(operation);
      return { result };
    } catch (error) {
      const isOpen = connection !== undefined && !connection.isBroken;
      const kind =
        (isOpen ? this.driver.failureKind(error) : undefined) ?? (isOpen && isReady ? undefined : "unusable");
      return { kind, fail: () => this.#failed(operation, kind, error, isOpen && isReady) };
    }
  }

  /** Once, and again after it failed; everybody else waits for it. */
  async #bringSchemaForward(connection: SqlConnection): Promise<void> {
    this.#schema ??= this.#migrate(limited(connection, SCHEMA_TIMEOUT_SECONDS));
    try {
      await this.#schema;
    } catch (error) {
      this.#schema = undefined;
      throw error;
    }
  }

  async #migrate(connection: SqlConnection): Promise<void> {
    for (const { table, from, to } of await bringSchemaForward(this.driver, connection)) {
      this.#deps.log.info("database schema brought forward", { database: this.#place, table, from, to });
    }
  }

  #failed(operation: Operation, kind: FailureKind | undefined, error: unknown, isOpen: boolean): StoreError {
    const reason = this.driver.reason(error);
    const isTrouble = kind !== undefined && kind !== "conflict" && kind !== "refused" && !this.#closed;
    if (isTrouble) this.#trouble.begin(operation, kind, reason, isOpen);
    return storeError(kind, new Error(`${this.#place}: ${operation.name}: ${reason}`));
  }
}

interface Failure {
  readonly kind: FailureKind | undefined;
  /** It is not tried again. */
  readonly fail: () => StoreError;
}

type Attempt<R> = { readonly result: R } | Failure;

/** The same connection, given up when a statement takes too long. */
function limited(connection: SqlConnection, seconds: number): SqlConnection {
  return {
    query: (sql, values) => within(seconds, "a statement", connection.query(sql, values), () => connection.close()),
    get isBroken() {
      return connection.isBroken;
    },
    close: () => connection.close(),
  };
}
