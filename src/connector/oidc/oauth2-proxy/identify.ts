import type { OidcOptions } from "../../../config/connector-configuration.ts";
import type { Identity } from "../../../protocol/identity.ts";
import { ConnectorError } from "../../connector-error.ts";
import type { OidcUpstream } from "../oidc-upstream.ts";
import { reasonOf } from "../renewal-error.ts";
import { type ClaimSources, findInSources } from "./claim-sources.ts";
import { coerceText, coerceTexts, coerceTruth, withNumbersAsText } from "./coerce-claim.ts";

/**
 * Who the claims say somebody is, as oauth2-proxy reads them: the user is `sub` and may be empty, claims of odd types become
 * JSON, and userinfo is asked as soon as one wanted claim is missing.
 *
 * @throws {ConnectorError} `denied` when the upstream says that the address is not verified; `unreachable` and `untrusted`
 *   when userinfo is needed and does not answer well.
 */
export async function identify(upstream: OidcUpstream, sources: ClaimSources): Promise<Identity> {
  const { configuration } = upstream;
  const userId = coerceText(await findInSources(sources, "sub"));
  const email = coerceText(await findInSources(sources, configuration.emailClaim));
  const groups = coerceTexts(await findInSources(sources, configuration.groupsClaim));
  const preferredUsername = coerceText(await findInSources(sources, "preferred_username"));
  const additionalClaims = await findAdditionalClaims(upstream, sources);
  return {
    userId,
    username: preferredUsername || email || userId,
    preferredUsername,
    email,
    emailVerified: await isVerified(configuration, sources),
    groups,
    ...(Object.keys(additionalClaims).length > 0 && { additionalClaims }),
  };
}

/** @throws {ConnectorError} `denied` when there is no address: nobody can be let in then. */
export function requireEmail(identity: Identity): Identity {
  if (identity.email !== "") return identity;
  throw denied(
    "The identity provider did not tell your e-mail address.",
    "neither the ID token nor userinfo has an e-mail address",
  );
}

/** Saying nothing is accepted, and `email_verified` speaks of the claim `email` only. */
async function isVerified(configuration: OidcOptions, sources: ClaimSources): Promise<boolean> {
  if (configuration.allowUnverifiedEmail || configuration.emailClaim !== "email")
    return configuration.allowUnverifiedEmail;
  const said = await findInSources(sources, "email_verified");
  if (said === undefined) return false;
  if (coerceTruth(said)) return true;
  throw denied("Your e-mail address is not verified at the identity provider.", "email_verified is false");
}

/** One that cannot be had is left out. */
async function findAdditionalClaims(
  { configuration, log }: OidcUpstream,
  sources: ClaimSources,
): Promise<Readonly<Record<string, unknown>>> {
  const found: [string, unknown][] = [];
  for (const name of configuration.additionalClaims ?? []) {
    try {
      const value = await findInSources(sources, name);
      if (value !== undefined) found.push([name, withNumbersAsText(value)]);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      log.warn("additional claim not found", { claim: name, reason: reasonOf(error) });
    }
  }
  return Object.fromEntries(found);
}

function denied(publicMessage: string, reason: string): ConnectorError {
  return new ConnectorError("denied", publicMessage, new Error(reason));
}
