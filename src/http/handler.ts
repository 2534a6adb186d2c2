/** The TCP peer of a request, asked for lazily: it costs a system call. */
export interface Peer {
  /** IP address without zone or brackets, IPv4-mapped IPv6 as IPv4; empty when unknown (a unix socket). */
  address(): string;
}

/** Answers a request. Whatever it throws is turned into a response by `http/error-response.ts`. */
export type Handler = (request: Request, peer: Peer) => Response | Promise<Response>;

/** The value of a path pattern's parameters, percent-decoded. */
export type PathParameters = Readonly<Record<string, string>>;

/** Like {@link Handler}, with the parameters of its pattern. */
export type RouteHandler = (request: Request, peer: Peer, parameters: PathParameters) => Response | Promise<Response>;

export interface Route {
  /** Exact path, with `:name` for one segment, or a trailing `/*` for everything below. */
  readonly path: string;
  /** Methods it answers; absent = any. A known path with another method gets 405 with `Allow`. */
  readonly methods?: readonly string[];
  readonly handle: RouteHandler;
}
