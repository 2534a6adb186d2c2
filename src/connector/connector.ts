import type { Login } from "../protocol/identity.ts";

/**
 * The contract of an upstream identity provider. A connector never sees a cookie, a session or a
 * response, so it cannot forget the state check: `login/` does that before it calls `redeem`.
 */
export type Connector = RedirectConnector | FormPostConnector | PasswordConnector;

interface ConnectorCommon {
  readonly id: string;
  /** The configured type, such as `oidc` or `local`. */
  readonly type: string;
  /** What people read on the sign-in page. */
  readonly name: string;
  /** Can it be used now? Kept up to date in the background; never blocks. */
  status(): ConnectorStatus;
  /**
   * Renew an identity without the browser. Present when the upstream can.
   * @throws {ConnectorError} `revoked` when the upstream refuses, `unreachable` when it cannot be asked.
   */
  readonly refresh?: (login: Login, wants?: WantedParts) => Promise<Login>;
  /** Is there anything to renew this login with? Absent = always. Asked before `refresh`, so as not to ask the upstream in vain. */
  readonly canRefresh?: (login: Login) => boolean;
  /**
   * Is this login still good, as far as the upstream says without a renewal? Absent = nothing can be asked.
   * @param renewed it came out of `refresh` just now: an ID token that the renewal did not bring anew may have ended.
   * @throws {ConnectorError} `unreachable` when the upstream cannot be asked.
   */
  readonly validate?: (login: Login, renewed?: boolean) => Promise<boolean>;
  /**
   * Sign in with a token of this upstream's that a client presents (RFC 6750). Present when its tokens can be verified here.
   * @returns undefined when the token is not one that signs anybody in.
   */
  readonly verifyBearer?: (token: string) => Promise<Login | undefined>;
  /**
   * Sign in with a token of this upstream's that a client exchanges (RFC 8693 §2.1). Present when its tokens can be verified here.
   * @throws {ConnectorError} `denied` or `untrusted` when the token signs nobody in, `unreachable`.
   */
  readonly exchangeToken?: (subject: SubjectToken, wants?: WantedParts) => Promise<Login>;
  /** Stop background work. */
  close?(): void;
}

export interface ConnectorStatus {
  readonly reachable: boolean;
  /** Why not, in words for an operator. Present when not reachable. */
  readonly reason?: string;
}

/** What the client asked for, where an upstream is only asked for what is needed. */
export interface WantedParts {
  /** The scope `groups`. */
  readonly groups: boolean;
  /** The scope `offline_access`: the login will be renewed without the browser. */
  readonly offlineAccess: boolean;
}

/** A token that a client exchanges. */
export interface SubjectToken {
  readonly kind: "id_token" | "access_token";
  readonly token: string;
}

/** The browser is sent to the upstream and comes back with a callback. */
export interface RedirectConnector extends ConnectorCommon {
  readonly kind: "redirect";
  /**
   * Where to send the browser.
   * @throws {ConnectorError} `unreachable` when the upstream's metadata is not known yet.
   */
  authorizationUrl(login: LoginTransaction): Promise<URL>;
  /** Request headers of the callback that `redeem` reads, in lower case: a proxy in front of us vouches for them. Absent = none. */
  readonly callbackHeaders?: readonly string[];
  /**
   * Redeem the callback. Called only after `state` matched the transaction and `error` was absent.
   * @param headers the values of `callbackHeaders` that the request had.
   * @throws {ConnectorError} any code but `revoked`.
   */
  redeem(
    callback: URLSearchParams,
    login: LoginTransaction,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Login>;
  /** RP-initiated logout at the upstream (OpenID Connect RP-Initiated Logout 1.0), when it has an end-session endpoint. */
  readonly endSessionUrl?: (login: Login, postLogoutRedirectUri: string | undefined) => URL | undefined;
}

/** The browser posts a form to the upstream and comes back with a form that it posts to us (SAML's HTTP-POST binding). */
export interface FormPostConnector extends ConnectorCommon {
  readonly kind: "form-post";
  /** What the browser posts where. `login.state` goes with it, and comes back as `RelayState`. */
  authorizationForm(login: LoginTransaction): Promise<AuthorizationForm>;
  /**
   * Redeem what came back. Called only after `RelayState` matched the transaction.
   * @throws {ConnectorError} any code but `revoked`.
   */
  redeem(callback: URLSearchParams, login: LoginTransaction): Promise<Login>;
}

export interface AuthorizationForm {
  readonly action: URL;
  readonly fields: Readonly<Record<string, string>>;
}

/** The person types a user name and a password into our own form. */
export interface PasswordConnector extends ConnectorCommon {
  readonly kind: "password";
  /** Label of the user-name field: an i18n key suffix is not used, this is shown as it is, e.g. `Email Address`. */
  readonly prompt: string;
  /**
   * Check a user name and a password.
   * @param credentials.clientAddress the address the attempt came from, for throttling; empty when unknown.
   * @returns undefined when they are wrong; the time taken does not tell whether the user exists.
   * @throws {ConnectorError} `denied` when too many wrong tries make this account and address wait, `unreachable`.
   */
  login(credentials: Credentials): Promise<Login | undefined>;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly clientAddress: string;
  /** Absent = everything there is. */
  readonly wants?: WantedParts;
}

/** What one login in flight needs to remember of itself on the way to the upstream and back. */
export interface LoginTransaction {
  readonly connectorId: string;
  /** Random, ties the callback to this browser (RFC 6749 §10.12). */
  readonly state: string;
  /** Random, ties the ID token to this login (OpenID Connect Core §3.1.2.1). */
  readonly nonce: string;
  /** PKCE verifier, RFC 7636 §4.1. */
  readonly codeVerifier: string;
  /** Where the upstream sends the browser back, exactly as registered there. */
  readonly redirectUri: string;
  readonly loginHint?: string;
  /** Absent = everything there is. */
  readonly wants?: WantedParts;
  /** Ask the upstream to authenticate anew. */
  readonly forceLogin?: boolean;
  /** More parameters of the authorization request; they replace none of the protocol's own. */
  readonly parameters?: Readonly<Record<string, readonly string[]>>;
}
