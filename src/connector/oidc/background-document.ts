import { setTimeout as startTimer } from "node:timers";
import type { Log } from "../../telemetry/log.ts";
import type { ConnectorStatus } from "../connector.ts";
import { type Fetch, unreachable } from "./upstream-request.ts";

export interface BackgroundDeps {
  readonly fetch: Fetch;
  readonly log: Log;
  /** Between 0 and 1, for the jitter. */
  readonly random: () => number;
  readonly schedule: Schedule;
}

/** Run a task later, without keeping the process alive for it. @returns how to cancel it. */
export type Schedule = (task: () => void, delayMs: number) => () => void;

/** How long somebody who wants to sign in waits for an upstream that was not reachable before. */
const PATIENCE_MS = 3_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
const RENEW_MS = 600_000;

export const systemSchedule: Schedule = (task, delayMs) => {
  const timer = startTimer(task, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};

/**
 * What an upstream says of itself, fetched in the background: a process starts while its upstream is down.
 *
 * A failure is tried again after 1 s, 2 s … 60 s, each spread by a fifth so that replicas do not ask in step. A success
 * is renewed every ten minutes; when that fails, the last good document stays in use.
 */
export class BackgroundDocument<Document> {
  readonly #deps: BackgroundDeps;
  readonly #load: (fetch: Fetch) => Promise<Document>;
  #document: Document | undefined;
  #reason: string | undefined = "its discovery document has not been fetched yet";
  #failures = 0;
  #attempt: Promise<void> | undefined;
  #cancelNext: () => void = () => {};
  readonly #closing = new AbortController();

  /** @param load fetches and checks the document. Throws an `Error` in words for the operator. */
  constructor(deps: BackgroundDeps, load: (fetch: Fetch) => Promise<Document>) {
    this.#deps = deps;
    this.#load = load;
    void this.#try();
  }

  /** The last good one. */
  get current(): Document | undefined {
    return this.#document;
  }

  status(): ConnectorStatus {
    return this.#reason === undefined ? { reachable: true } : { reachable: false, reason: this.#reason };
  }

  /**
   * The document, after one immediate attempt if there is none yet.
   * @throws {ConnectorError} `unreachable` when that fails or takes longer than three seconds.
   */
  async get(): Promise<Document> {
    if (this.#document === undefined) {
      const { promise: patience, resolve } = Promise.withResolvers<void>();
      const cancel = this.#deps.schedule(resolve, PATIENCE_MS);
      await Promise.race([this.#try(), patience]);
      cancel();
    }
    if (this.#document === undefined) throw unreachable(this.#reason ?? "discovery is under way");
    return this.#document;
  }

  /** Stops the attempt under way too, so that it does not keep a process alive that has ended. */
  close(): void {
    this.#closing.abort();
    this.#cancelNext();
  }

  /** Never rejects. Callers at the same time share one attempt. */
  #try(): Promise<void> {
    this.#attempt ??= this.#fetchOnce().finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  async #fetchOnce(): Promise<void> {
    this.#cancelNext();
    try {
      this.#document = await this.#load(this.#fetch);
      if (this.#reason !== undefined && !this.#closing.signal.aborted)
        this.#deps.log.info("identity provider discovered");
      this.#reason = undefined;
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      const reason = reasonOf(error);
      if (reason !== this.#reason && !this.#closing.signal.aborted) {
        this.#deps.log.warn("identity provider cannot be discovered", { reason });
      }
      this.#reason = reason;
    }
    if (!this.#closing.signal.aborted)
      this.#cancelNext = this.#deps.schedule(() => void this.#try(), this.#nextDelay());
  }

  readonly #fetch: Fetch = (url, init) => {
    const signals = [this.#closing.signal, ...(init?.signal ? [init.signal] : [])];
    return this.#deps.fetch(url, { ...init, signal: AbortSignal.any(signals) });
  };

  #nextDelay(): number {
    const delay = this.#failures === 0 ? RENEW_MS : Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LAST_RETRY_MS);
    return delay * (0.8 + 0.4 * this.#deps.random());
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  return error.cause instanceof Error ? error.cause.message : error.message;
}
