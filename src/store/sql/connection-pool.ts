/** What a pool needs to know about a connection. */
export interface Pooled {
  /** It cannot be used again. */
  readonly isBroken: boolean;
  close(): void;
}

export interface PoolLimits {
  /** At least 1. */
  readonly maxOpenConnections: number;
  readonly maxIdleConnections: number;
  /** A connection is not used again after it; 0 = always. */
  readonly maxLifetimeSeconds: number;
  /** How long to wait for a connection while all are in use. */
  readonly waitSeconds: number;
}

interface Kept<C> {
  readonly connection: C;
  readonly openedAt: number;
}

/**
 * A number of connections that many use in turn. Nobody waits for ever: neither for a place nor, when the last one
 * failed, for somebody else to open the next.
 */
export class ConnectionPool<C extends Pooled> {
  readonly #limits: PoolLimits;
  readonly #connect: () => Promise<C>;
  readonly #waiting = new Set<() => void>();
  #idle: Kept<C>[] = [];
  #inUse = 0;
  #closed = false;

  constructor(limits: PoolLimits, connect: () => Promise<C>) {
    this.#limits = limits;
    this.#connect = connect;
  }

  /** @throws {Error} when no connection could be had, or what `work` throws. */
  async use<R>(work: (connection: C) => Promise<R>): Promise<R> {
    await this.#takePlace();
    try {
      const kept = this.#takeIdle() ?? { connection: await this.#connect(), openedAt: performance.now() };
      try {
        return await work(kept.connection);
      } finally {
        this.#giveBack(kept);
      }
    } finally {
      this.#leavePlace();
    }
  }

  /** Finish. Connections in use are closed once they are given back. */
  close(): void {
    this.#closed = true;
    for (const { connection } of this.#idle) connection.close();
    this.#idle = [];
  }

  async #takePlace(): Promise<void> {
    if (this.#closed) throw new Error("the store was closed");
    if (this.#inUse < this.#limits.maxOpenConnections) {
      this.#inUse += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(turn);
        reject(new Error(`all ${this.#limits.maxOpenConnections} connections are in use`));
      }, this.#limits.waitSeconds * 1000);
      this.#waiting.add(turn);
    });
  }

  /** The place goes to who waits longest. */
  #leavePlace(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#inUse -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }

  #takeIdle(): Kept<C> | undefined {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (this.#isUsable(kept)) return kept;
      kept.connection.close();
    }
    return undefined;
  }

  #giveBack(kept: Kept<C>): void {
    const isWelcome = !this.#closed && this.#idle.length < this.#limits.maxIdleConnections && this.#isUsable(kept);
    if (isWelcome) this.#idle.push(kept);
    else kept.connection.close();
  }

  #isUsable({ connection, openedAt }: Kept<C>): boolean {
    const { maxLifetimeSeconds } = this.#limits;
    const isOld = maxLifetimeSeconds > 0 && performance.now() - openedAt > maxLifetimeSeconds * 1000;
    return !connection.isBroken && !isOld;
  }
}
