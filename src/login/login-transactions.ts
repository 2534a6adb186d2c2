import type { LoginTransaction } from "../connector/connector.ts";

/** What a login begins with. */
export interface LoginStart {
  readonly connectorId: string;
  readonly redirectUri: string;
  /** Opaque to this folder's caller: where to go on when the login is finished. */
  readonly returnTarget: string;
  /** Default: random. The provider's dex dialect uses the authorization request's id. */
  readonly state?: string;
  readonly loginHint?: string;
  readonly forceLogin?: boolean;
}

export interface PendingLogin extends LoginTransaction {
  readonly returnTarget: string;
}

/** Logins in flight, each sealed in a cookie of its own; ten minutes, at most five a browser, the oldest dropped. */
export interface LoginTransactions {
  begin(
    request: Request,
    start: LoginStart,
  ): { readonly transaction: LoginTransaction; readonly setCookies: readonly string[] };
  /**
   * Take the transaction that `state` belongs to. It is gone afterwards: a second call with the same state finds nothing,
   * even when the browser sends the cookie again.
   */
  finish(request: Request, state: string): { readonly pending?: PendingLogin; readonly setCookies: readonly string[] };
}
