import type { Connector } from "../connector/connector.ts";
import type { Peer } from "../http/handler.ts";
import type { Pages } from "../pages/pages.ts";
import type { Clock } from "../protocol/clock.ts";
import type { Identity } from "../protocol/identity.ts";
import type { ReturnTarget, ReturnTargetRules } from "../protocol/return-target.ts";
import type { KeyRing } from "../crypto/seal.ts";
import type { SessionKeeper } from "../session/session.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { LoginTransactions } from "./login-transactions.ts";

/** What signing in and out needs. */
export interface LoginDeps {
  readonly connectors: { list(): readonly Connector[]; find(id: string): Connector | undefined };
  readonly sessions: SessionKeeper;
  readonly transactions: LoginTransactions;
  readonly pages: Pages;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clientAddress: (request: Request, peer: Peer) => string;
  /** May this identity enter at all? */
  readonly admits: (identity: Identity) => boolean;
  /** What the sign-in page says is asking, when it is known from our own configuration. Never text from the request. */
  readonly applicationOf: (target: ReturnTarget) => Promise<string | undefined>;
  readonly settings: LoginSettings;
}

export interface LoginSettings {
  /** Where people reach us: an origin. */
  readonly publicUrl: string;
  /** Root of these endpoints, such as `/oauth2`. */
  readonly pathPrefix: string;
  /** As registered at the upstreams. */
  readonly callbackUrl: string;
  readonly returnTargets: ReturnTargetRules;
  /** Attributes of the little cookie that remembers the connector used last. */
  readonly secureCookies: boolean;
}

/** Where the browser wants to go, or `/` when it did not say or said something that is not allowed. */
export const HOME: string = "/";
