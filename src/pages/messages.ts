import type { Html } from "./html.ts";

/** Codes of the error page that have words of their own. Others are shown by their HTTP status. */
export type KnownErrorCode =
  | "login_state_missing"
  | "login_state_mismatch"
  | "login_upstream_error"
  | "login_denied"
  | "login_expired"
  | "approval_rejected"
  | "unknown_client"
  | "unknown_redirect_uri"
  | "connector_unreachable"
  | "connector_denied"
  | "connector_revoked"
  | "connector_untrusted"
  | "connector_throttled"
  | "device_code_throttled"
  | "store_unreachable"
  | "forbidden"
  | "not_allowed"
  | "not_admitted"
  | "ambiguous_path"
  | "foreign_origin"
  | "not_found"
  | "no_app"
  | "bad_request"
  | "upstream_unreachable"
  | "upstream_timeout"
  | "method_not_allowed"
  | "payload_too_large"
  | "internal";

/** An error in words: what happened, why, what to do. */
export interface ErrorWords {
  readonly title: string;
  readonly why: string;
  readonly what: string;
}

export type PasswordProblem = "wrong-credentials" | "throttled" | "unreachable";

/** Scopes that have words of their own. */
export type KnownScope = "openid" | "profile" | "email" | "groups" | "offline_access" | "federated:id";

/** Every word on the pages, once a language. */
export interface Messages {
  /** BCP 47 tag. */
  readonly lang: string;
  readonly dir: "ltr" | "rtl";
  readonly signIn: {
    readonly title: string;
    readonly to: (application: Html) => Html;
    readonly choose: string;
    readonly or: string;
    readonly password: string;
    readonly submit: string;
    readonly continueWith: (connector: string) => string;
    readonly lastUsed: string;
    readonly unreachable: string;
    readonly none: string;
    readonly back: string;
    /** Labels that are configured by default, translated. */
    readonly prompts: Readonly<Record<string, string>>;
    readonly problems: Readonly<Record<PasswordProblem, string>>;
  };
  readonly approval: {
    readonly title: (client: string) => string;
    readonly signedInAs: (user: Html) => Html;
    readonly asks: string;
    readonly approve: string;
    readonly reject: string;
    readonly hint: string;
    readonly scopes: Readonly<Record<KnownScope, string>>;
    readonly actAt: (client: string) => string;
    readonly otherScope: (scope: string) => string;
  };
  /** The provider's own address. */
  readonly home: {
    readonly title: string;
    readonly what: string;
    readonly issuer: string;
    readonly discovery: string;
  };
  readonly device: {
    readonly title: string;
    readonly what: string;
    /** Instead of `what`, where the code came with the address. */
    readonly compare: string;
    readonly code: string;
    readonly submit: string;
    readonly hint: string;
    readonly wrongCode: string;
  };
  readonly deviceDone: { readonly title: (client: string) => string; readonly what: string };
  readonly outOfBand: { readonly title: string; readonly what: string; readonly code: string };
  readonly formPost: { readonly title: string; readonly what: string; readonly submit: string };
  readonly signedOut: { readonly title: string; readonly what: string; readonly signIn: string };
  readonly signOut: {
    readonly title: string;
    readonly signedInAs: (user: Html) => Html;
    readonly what: string;
    readonly submit: string;
    readonly stay: string;
  };
  readonly error: {
    readonly startAgain: string;
    /** Instead of *start again*, for somebody whose account may not enter. */
    readonly otherAccount: string;
    readonly back: string;
    readonly tryAgain: string;
    readonly retryAfter: (seconds: number) => string;
    readonly requestId: string;
    readonly detail: string;
    /** What to do when the code is unknown: the caller's fault, ours. */
    readonly whatOnClientError: string;
    readonly whatOnServerError: string;
    readonly status: (status: number) => string;
    readonly statuses: Readonly<Record<number, string>>;
    readonly codes: Readonly<Record<KnownErrorCode, ErrorWords>>;
  };
  /** The pages of the oauth2-proxy drop-in. Recordings compare the English ones. */
  readonly original: {
    readonly signInTitle: string;
    /** With these email domains only. */
    readonly banner: (domains: readonly string[]) => string;
    readonly signInWith: (provider: string) => string;
    readonly username: string;
    readonly password: string;
    readonly signIn: string;
    readonly noUsername: string;
    readonly wrongCredentials: string;
    /** `Forbidden` and the like; absent = in English. */
    readonly titles: Readonly<Record<number, string>>;
    readonly messages: Readonly<Record<number, string>>;
    readonly unknown: string;
    readonly moreInfo: string;
    readonly requestId: (id: string) => string;
    readonly goBack: string;
    readonly securedWith: (product: Html) => Html;
  };
  readonly hello: {
    readonly title: (user: string) => string;
    readonly stranger: string;
    readonly passed: string;
    readonly nobody: string;
    readonly user: string;
    readonly email: string;
    readonly groups: string;
    readonly request: string;
    readonly headers: string;
    readonly signOut: string;
    readonly app: string;
  };
}
