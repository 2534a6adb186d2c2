import type { HeaderField } from "../../../http/exchange.ts";
import type { Peer } from "../../../http/handler.ts";
import type { Session } from "../../../session/session.ts";

/** What goes along with every answer, whoever gives it. */
export interface AnswerFields {
  readonly responseHeaders: readonly HeaderField[];
  /** `Set-Cookie` values. */
  readonly setCookies: readonly string[];
}

/** What was decided about a request, and what goes with it. */
export interface UpstreamContext extends AnswerFields {
  /** Absent: a place that needs no sign-in. */
  readonly session?: Session;
  /** Path and query exactly as decided about. */
  readonly target: string;
  /** How the browser reached us, by the trusted proxies' word: whose pages may open WebSockets. */
  readonly scheme: string;
  readonly host: string;
  /** For the page that says an upstream failed. */
  readonly requestId: string;
  /** Told which upstream it goes to, for the log. */
  readonly onUpstream: (id: string) => void;
}

/** A request that may pass. */
export interface UpstreamRequest {
  readonly request: Request;
  readonly peer: Peer;
  readonly context: UpstreamContext;
}
