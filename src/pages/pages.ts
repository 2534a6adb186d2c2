import type { Route } from "../http/handler.ts";

/** A choice on the sign-in page. */
export interface ConnectorChoice {
  readonly id: string;
  readonly name: string;
  /** Connector type, for its icon. */
  readonly type: string;
  readonly href: string;
  readonly reachable: boolean;
  /** Was used last in this browser; shown first by the caller. */
  readonly lastUsed: boolean;
}

/** A user name and password form. */
export interface PasswordForm {
  readonly action: string;
  /** Label of the user-name field, such as `Email Address`. */
  readonly prompt: string;
  /** `name` of the user-name input; the password input is always `password`. */
  readonly usernameField: "username" | "login";
  /** Refilled after a wrong try. */
  readonly username: string;
  readonly hidden: Readonly<Record<string, string>>;
  readonly problem?: "wrong-credentials" | "throttled" | "unreachable";
}

export interface SignInModel {
  readonly status: number;
  /** Which application or client asks; absent when nobody in particular. */
  readonly application?: string;
  readonly connectors: readonly ConnectorChoice[];
  /** The first password form has the focus. */
  readonly forms: readonly PasswordForm[];
  /** Back to the choice of connectors. */
  readonly backHref?: string;
}

export interface ApprovalModel {
  readonly clientName: string;
  readonly clientLogoUrl?: string;
  /** Requested scopes, as sent. */
  readonly scopes: readonly string[];
  /** Who is signed in. */
  readonly userName: string;
  /** Two forms post to the current URL: these and `approval=approve` or `approval=rejected`. */
  readonly hidden: Readonly<Record<string, string>>;
}

export interface ErrorModel {
  readonly status: number;
  /** A closed code, such as `login_state_mismatch`; known codes are translated. */
  readonly code: string;
  /** English public message, used where the code has no translation. */
  readonly message: string;
  readonly requestId: string;
  /** Offer to start signing in again. */
  readonly startAgainHref?: string;
  /** Offer to go back to the application. */
  readonly backHref?: string;
  readonly retryAfterSeconds?: number;
}

export interface SignedOutModel {
  readonly signInHref?: string;
}

/** Asks before signing out, so that a link on another site cannot do it. */
export interface SignOutModel {
  readonly action: string;
  readonly userName: string;
  readonly hidden: Readonly<Record<string, string>>;
}

/** What a person sees who opens the provider's own address. */
export interface HomeModel {
  /** What applications are told to trust. */
  readonly issuer: string;
  /** A path of ours. */
  readonly discoveryHref: string;
}

/** Where a person types what their device shows (RFC 8628 §3.3). */
export interface DeviceModel {
  /** 200, or 400 when the code was wrong. */
  readonly status: number;
  /** The form posts `user_code` there. */
  readonly action: string;
  /** Prefilled; empty when the address named none. */
  readonly userCode: string;
  readonly problem?: "wrong-code";
}

/** The device may go on. */
export interface DeviceDoneModel {
  readonly clientName: string;
}

/** A code that a person copies into a program that cannot be redirected to. */
export interface OutOfBandModel {
  readonly code: string;
}

/** A form that the browser posts elsewhere by itself, or at a click where no script runs. */
export interface FormPostModel {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Every page people see. Each method renders a complete response: status, strict CSP, `Cache-Control: no-store`, language by `Accept-Language`. */
export interface Pages {
  signIn(request: Request, model: SignInModel): Response;
  approval(request: Request, model: ApprovalModel): Response;
  error(request: Request, model: ErrorModel): Response;
  signedOut(request: Request, model: SignedOutModel): Response;
  signOut(request: Request, model: SignOutModel): Response;
  home(request: Request, model: HomeModel): Response;
  device(request: Request, model: DeviceModel): Response;
  deviceDone(request: Request, model: DeviceDoneModel): Response;
  outOfBand(request: Request, model: OutOfBandModel): Response;
  formPost(request: Request, model: FormPostModel): Response;
  /** The hashed style sheet, the logo. */
  readonly routes: readonly Route[];
}
