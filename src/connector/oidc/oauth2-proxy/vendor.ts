import type { Identity, Login, UpstreamTokens } from "../../../protocol/identity.ts";
import type { LoginTransaction } from "../../connector.ts";
import type { Claims } from "../identity-claims.ts";
import type { OidcUpstream } from "../oidc-upstream.ts";
import type { ProviderMetadata } from "../provider-metadata.ts";
import type { ClaimSources } from "./claim-sources.ts";

/** Where a vendor's OpenID Connect differs. Everything is optional. */
export interface OidcVendor {
  /** Change the query of the authorization request. */
  readonly adjustAuthorization?: (query: URLSearchParams, login: LoginTransaction) => void;
  /** What takes the place of the client's id and secret at the token endpoint. */
  readonly tokenCredentials?: () => Promise<Readonly<Record<string, string>>>;
  /** Why a verified token is none that may sign in here; for the log. */
  readonly findProblem?: (claims: Claims) => string | undefined;
  /**
   * What the vendor knows more of somebody, at a login and at each renewal. Default: at a login, insist on an address.
   * @throws {ConnectorError} at a renewal, `unreachable` leaves the identity as it was.
   */
  readonly enrich?: (found: Identified) => Promise<Identity> | Identity;
  /** The same for a token that a client presents. Default: nothing. */
  readonly enrichBearer?: (identity: Identity, claims: Claims) => Identity;
}

/** Somebody whose tokens were verified. */
export interface Identified {
  readonly upstream: OidcUpstream;
  readonly metadata: ProviderMetadata;
  readonly identity: Identity;
  readonly tokens: UpstreamTokens;
  /** Of the ID token; at a renewal that brought none, of the one before. */
  readonly sources: ClaimSources;
  /** Present at a renewal. */
  readonly previous?: Login;
}
