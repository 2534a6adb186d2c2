import type { OAuth2Options } from "../../config/connector-configuration.ts";
import type { Identity } from "../../protocol/identity.ts";
import type { Endpoints, OAuth2Client, PresentToken } from "./oauth2-client.ts";
import type { PersonApi } from "./oauth2-connector.ts";

/** A vendor that is asked for who somebody is with one or two requests, and has nothing else of its own. */
export interface PlainVendor<Configuration extends OAuth2Options = OAuth2Options> {
  /** Used where none is configured. Empty: the vendor has no fixed place. */
  readonly endpoints: Endpoints;
  readonly presentToken: PresentToken;
  /** The endpoint that says who somebody is, for the check that it is known. */
  readonly needs: readonly (keyof Endpoints)[];
  /** @throws {ConnectorError} `denied`, `untrusted`, `unreachable`. */
  readonly readIdentity: (client: OAuth2Client<Configuration>, api: PersonApi) => Promise<Identity>;
}
