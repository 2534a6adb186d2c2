import type { Clock } from "../../protocol/clock.ts";
import { clientAddressOf, type ClientAddressRules } from "./client-address.ts";
import type { AuthEvents } from "./deps.ts";
import { hostOf, ownUri, type RequestScope } from "./request-scope.ts";

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

export interface ObserverDeps {
  readonly clock: Clock;
  readonly addresses: ClientAddressRules;
  /** Counts a request and times its answer. */
  readonly begin: (method: string) => (status: number) => void;
  /** Absent: requests are not logged. */
  readonly logRequest?: (
    entry: RequestEntry & {
      readonly requestUri: string;
      readonly durationSeconds: number;
      readonly status: number;
      readonly size: number;
      readonly upstream?: string;
    },
  ) => void;
  readonly logAuth: (
    entry: RequestEntry & { readonly status: "AuthSuccess" | "AuthFailure" | "AuthError"; readonly message: string },
  ) => void;
}

/** Tells the metrics and the log what happens to requests. */
export function createObserver(deps: ObserverDeps): {
  readonly observe: (scope: RequestScope) => (response: Response) => void;
  readonly events: AuthEvents;
} {
  return {
    observe(scope) {
      const counted = deps.begin(scope.request.method);
      if (deps.logRequest === undefined) return ({ status }) => counted(status);
      const startedAt = deps.clock();
      return (response) => {
        counted(response.status);
        deps.logRequest?.({
          ...entryOf(deps, scope, ""),
          requestUri: ownUri(scope),
          durationSeconds: deps.clock() - startedAt,
          status: response.status,
          size: Number(response.headers.get("content-length") ?? 0),
          ...(scope.upstream === undefined ? {} : { upstream: scope.upstream }),
        });
      };
    },
    events: (scope, { user, ...event }) => deps.logAuth({ ...entryOf(deps, scope, user), ...event }),
  };
}

function entryOf(deps: ObserverDeps, scope: RequestScope, user: string): RequestEntry {
  const { request, peer, requestId, session } = scope;
  const peerAddress = peer.address();
  const client = clientAddressOf(deps.addresses, scope);
  return {
    client: client === undefined || client === peerAddress ? peerAddress : `${peerAddress} (${client})`,
    host: hostOf(scope),
    protocol: "HTTP/1.1",
    requestId,
    requestMethod: request.method,
    userAgent: request.headers.get("user-agent") ?? "",
    username: user || session?.identity.email || session?.identity.userId || "-",
  };
}
