import { ConnectorError } from "../connector-error.ts";
import { unreachable } from "./upstream-request.ts";

/** @param reason for the log. */
export function revoked(reason: string): ConnectorError {
  return new ConnectorError("revoked", "The identity provider ended this sign-in.", new Error(reason));
}

/**
 * A renewal's own reading of an error: what cannot be verified renews nothing and ends nothing. Somebody who would not be let in any
 * more is sent away.
 */
export function asRenewalError(error: unknown): unknown {
  if (!(error instanceof ConnectorError)) return error;
  if (error.reason === "denied") return revoked(reasonOf(error));
  return error.reason === "untrusted" ? unreachable(reasonOf(error)) : error;
}

/** For the log. */
export function reasonOf(error: ConnectorError): string {
  return error.cause instanceof Error ? error.cause.message : error.publicMessage;
}
