import { browserHostOf } from "../../http/browser-host.ts";
import type { Clock } from "../../protocol/clock.ts";
import type { AuthEvents } from "./auth-events.ts";
import { clientAddressOf, type ClientAddressRules } from "./client-address.ts";
import { countBytes } from "./count-bytes.ts";
import { ownUri, type RequestScope } from "./request-scope.ts";
import { sessionSummary } from "./session-summary.ts";

/** What the original's log says of a request. */
export interface RequestEntry {
  readonly client: string;
  readonly host: string;
  readonly protocol: string;
  readonly requestId: string;
  readonly requestMethod: string;
  readonly userAgent: string;
  readonly username: string;
}

/** A request that was answered. */
export interface AnsweredEntry extends RequestEntry {
  readonly requestUri: string;
  readonly durationSeconds: number;
  readonly status: number;
  /** Bytes of the body that were sent. */
  readonly size: number;
  readonly upstream?: string;
}

/** Somebody signed in, or tried to. */
export interface AuthEntry extends RequestEntry {
  readonly status: "AuthSuccess" | "AuthFailure" | "AuthError";
  readonly message: string;
}

export interface ObserverDeps {
  readonly clock: Clock;
  readonly addresses: ClientAddressRules;
  /** Do gateways name the client? */
  readonly reverseProxy: boolean;
  /** Counts a request and times its answer. */
  readonly begin: (method: string) => (status: number) => void;
  /** Absent: requests are not logged. */
  readonly logRequest?: (entry: AnsweredEntry) => void;
  /** `summary` says more about the person than everybody wants in a log. */
  readonly logAuth: (entry: AuthEntry, summary: string) => void;
}

/** Sees a request from its beginning. @returns to be called with the answer; what it returns is to be sent. */
export type Observe = (scope: RequestScope) => (response: Response) => Response | Promise<Response>;

export interface Observer {
  readonly observe: Observe;
  /** For health checks, which are logged and not counted. */
  readonly observeHealth: Observe;
  readonly events: AuthEvents;
}

/** Tells the metrics and the log what happens to requests. */
export function createObserver(deps: ObserverDeps): Observer {
  const { logRequest } = deps;
  return {
    observe: (scope) => {
      const counted = deps.begin(scope.request.method);
      const logged = logRequest === undefined ? unchanged : startLine(deps, scope, logRequest);
      return (response) => {
        counted(response.status);
        return logged(response);
      };
    },
    observeHealth: (scope) => (logRequest === undefined ? unchanged : startLine(deps, scope, logRequest)),
    events: (scope, { user, login, ...event }) => {
      const summary = login === undefined ? "" : sessionSummary(login, deps.clock());
      deps.logAuth({ ...entryOf(deps, scope, user), ...event }, summary);
    },
  };
}

function unchanged(response: Response): Response {
  return response;
}

/** The line is written when the last byte of the answer has been read, as the original does. */
function startLine(
  deps: ObserverDeps,
  scope: RequestScope,
  logRequest: (entry: AnsweredEntry) => void,
): (response: Response) => Response | Promise<Response> {
  const startedAt = deps.clock();
  return (response) => {
    const write = (size: number): void =>
      logRequest({
        ...entryOf(deps, scope, ""),
        requestUri: ownUri(scope),
        durationSeconds: deps.clock() - startedAt,
        status: response.status,
        size,
        ...(scope.upstream === undefined ? {} : { upstream: scope.upstream }),
      });
    return scope.upstream === undefined ? measured(response, write) : countBytes(response, write);
  };
}

/** Pages of our own are small. */
async function measured(response: Response, write: (size: number) => void): Promise<Response> {
  if (response.body === null) {
    write(0);
    return response;
  }
  const { status, headers } = response;
  const bytes = await response.arrayBuffer();
  write(bytes.byteLength);
  return new Response(bytes, { status, headers });
}

/** As the original: the TCP peer with its port or, behind gateways, the client that they name. */
function clientOf({ addresses, reverseProxy }: ObserverDeps, scope: RequestScope): string {
  const { peer } = scope;
  const address = peer.address();
  if (reverseProxy) return clientAddressOf(addresses, scope) ?? address;
  const port = peer.port?.();
  return port === undefined ? address : `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function entryOf(deps: ObserverDeps, scope: RequestScope, user: string): RequestEntry {
  const { request, requestId, session } = scope;
  return {
    client: clientOf(deps, scope),
    host: browserHostOf(scope.request),
    protocol: "HTTP/1.1",
    requestId,
    requestMethod: request.method,
    userAgent: request.headers.get("user-agent") ?? "",
    username: user || session?.identity.email || session?.identity.userId || "-",
  };
}
