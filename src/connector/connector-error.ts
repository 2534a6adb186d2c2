import { PublicError } from "../protocol/public-error.ts";

/**
 * Why a connector could not finish:
 * - `denied`: the upstream (or its admission rule, such as required groups) refused this person or this code.
 * - `revoked`: the upstream no longer honours what a refresh was based on. The session must end.
 * - `unreachable`: the upstream could not be asked, or answered with a server error. Sessions are kept.
 * - `untrusted`: the upstream's answer failed verification (signature, issuer, nonce, state …).
 */
export type ConnectorErrorCode = "denied" | "revoked" | "unreachable" | "untrusted";

const STATUS: Record<ConnectorErrorCode, number> = { denied: 403, revoked: 403, unreachable: 503, untrusted: 403 };

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds?: number;
}

/** A failure of an upstream identity provider or of what it sent. */
export class ConnectorError extends PublicError {
  readonly reason: ConnectorErrorCode;

  /** @param answer how to answer when it differs from what `reason` implies. */
  constructor(reason: ConnectorErrorCode, publicMessage: string, cause?: unknown, answer?: Answer) {
    super({
      status: STATUS[reason],
      code: `connector_${reason}`,
      publicMessage,
      cause,
      ...(reason === "unreachable" ? { retryAfterSeconds: 10 } : {}),
      ...answer,
    });
    this.reason = reason;
  }
}

/**
 * Too many wrong tries: a `denied` that was given without looking at the password, and so tells nothing about it.
 * Answered with 429 and `Retry-After`, so that the form can say how long to wait.
 */
export class ThrottledError extends ConnectorError {
  /** @param retryAfterSeconds at least 1. */
  constructor(retryAfterSeconds: number) {
    super("denied", "Too many wrong attempts. Wait a moment, then try again.", undefined, {
      status: 429,
      code: "connector_throttled",
      retryAfterSeconds,
    });
  }
}

/**
 * The upstream's answer is genuine, but not one that this login may end with: another nonce, another tenant. Told apart by its
 * code, `connector_invalid_login`, because oauth2-proxy answers 403 then, and 500 to every other failure.
 */
export class InvalidLoginError extends ConnectorError {
  /** @param reason for the log. */
  constructor(reason: string) {
    super("untrusted", "The answer of the identity provider does not belong to this sign-in.", new Error(reason), {
      status: 403,
      code: "connector_invalid_login",
    });
  }
}

/**
 * Somebody is known, but in none of the groups that the connector was told to look at.
 *
 * Thrown for vendors whose membership oauth2-proxy treats like its own allowed groups, with 403; where it takes the lack of one for
 * a failed login, with 500, a plain `denied` is thrown.
 */
export class NotAdmittedError extends ConnectorError {
  /** @param reason for the log: what is missing. */
  constructor(reason: string) {
    super("denied", "You are not a member of a group that may enter.", new Error(reason));
  }
}
