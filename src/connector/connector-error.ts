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

/** A failure of an upstream identity provider or of what it sent. */
export class ConnectorError extends PublicError {
  readonly reason: ConnectorErrorCode;

  constructor(reason: ConnectorErrorCode, publicMessage: string, cause?: unknown) {
    super({
      status: STATUS[reason],
      code: `connector_${reason}`,
      publicMessage,
      cause,
      ...(reason === "unreachable" ? { retryAfterSeconds: 10 } : {}),
    });
    this.reason = reason;
  }
}
