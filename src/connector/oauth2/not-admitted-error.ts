import { ConnectorError } from "../connector-error.ts";

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
