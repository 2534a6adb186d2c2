import { ExchangeError, type IncomingResponse, type OutgoingRequest } from "../../http/exchange.ts";
import { Connection, type ConnectionOwner, type ConnectionSocket } from "./connection.ts";

/** Where to connect to, and whom to believe there. */
export type Destination = Pick<OutgoingRequest, "origin" | "socketPath" | "authorities" | "insecureSkipTlsVerify">;

/** Opens a socket. */
export type Connect = (destination: Destination) => Promise<ConnectionSocket>;

const TICK_MILLISECONDS = 1000;
/** A request that must not be sent twice only goes over a connection used a moment ago. */
const FRESH_IDLE_TICKS = 1;
/** Unused connections kept for one destination. */
const MAX_IDLE_CONNECTIONS = 128;

/** Methods whose repetition does no harm. RFC 9110 §9.2.2 */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND", "REPORT", "SEARCH"]);

/** The kept connections to one destination. */
export class ConnectionPool implements ConnectionOwner {
  readonly #destination: Destination;
  readonly #connect: Connect;
  readonly #all = new Set<Connection>();
  /** The one used last is at the end, and used next: the others can grow old. */
  readonly #idle: Connection[] = [];
  #clock: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ origin, socketPath, authorities, insecureSkipTlsVerify }: Destination, connect: Connect) {
    this.#destination = {
      origin,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(authorities === undefined ? {} : { authorities }),
      ...(insecureSkipTlsVerify === undefined ? {} : { insecureSkipTlsVerify }),
    };
    this.#connect = connect;
  }

  exchange(request: OutgoingRequest): Promise<IncomingResponse> {
    const kept = this.#takeIdle(request);
    if (kept === undefined) return this.#exchangeOnNew(request);
    return kept.send(request, isRepeatable(request) ? () => this.#exchangeOnNew(request) : undefined);
  }

  /** Keep no connection from now on. What is in flight goes on to its end. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  free(connection: Connection): void {
    if (!this.#isClosed && this.#idle.length < MAX_IDLE_CONNECTIONS) this.#idle.push(connection);
    else connection.destroy();
  }

  gone(connection: Connection): void {
    this.#all.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    if (this.#all.size > 0) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  #takeIdle(request: OutgoingRequest): Connection | undefined {
    const last = this.#idle.at(-1);
    if (last === undefined || request.disableKeepAlives === true) return undefined;
    if (last.idleTicks > FRESH_IDLE_TICKS && !isRepeatable(request)) return undefined;
    return this.#idle.pop();
  }

  async #exchangeOnNew(request: OutgoingRequest): Promise<IncomingResponse> {
    const { client, timeoutSeconds } = request;
    const socket = await withinTime(this.#connect(this.#destination), timeoutSeconds);
    const connection = new Connection(socket, this);
    this.#all.add(connection);
    this.#clock ??= this.#startClock();
    if (!client.signal.aborted) return connection.send(request);
    connection.destroy();
    throw new ExchangeError("aborted", "the client has gone");
  }

  #startClock(): NodeJS.Timeout {
    const clock = setInterval(() => {
      for (const connection of this.#all) connection.tick();
    }, TICK_MILLISECONDS);
    clock.unref();
    return clock;
  }
}

function isRepeatable({ method, body }: OutgoingRequest): boolean {
  return body === undefined && IDEMPOTENT.has(method);
}

/** A socket that comes too late is closed. */
async function withinTime(opening: Promise<ConnectionSocket>, seconds: number): Promise<ConnectionSocket> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new ExchangeError("timeout", `no connection within ${seconds} s`));
    opening.then(
      (socket) => socket.terminate(),
      () => undefined,
    );
  }, seconds * 1000);
  try {
    return await Promise.race([opening, late]);
  } finally {
    clearTimeout(timer);
  }
}
