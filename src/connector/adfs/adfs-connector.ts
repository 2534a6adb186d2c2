import type { AdfsConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Identity } from "../../protocol/identity.ts";
import type { LoginTransaction, RedirectConnector } from "../connector.ts";
import { findInSources } from "../oidc/oauth2-proxy/claim-sources.ts";
import { coerceText } from "../oidc/oauth2-proxy/coerce-claim.ts";
import { createCompatibleConnector } from "../oidc/oauth2-proxy/compatible-connector.ts";
import type { Identified } from "../oidc/oauth2-proxy/vendor.ts";
import type { OidcConnectorDeps } from "../oidc/oidc-upstream.ts";

/** Active Directory Federation Services. */
export function createAdfsConnector(
  deps: OidcConnectorDeps,
  configuration: AdfsConnectorConfiguration,
): RedirectConnector {
  return createCompatibleConnector(
    deps,
    { ...configuration, scopes: withResource(configuration) },
    {
      adjustAuthorization: (query, login) => adjustAuthorization(configuration, query, login),
      enrich: withPrincipalName,
    },
  );
}

/** AD FS wants the resource before the scopes, once. */
function withResource({ resource, scopes }: AdfsConnectorConfiguration): readonly string[] {
  const [first, ...rest] = scopes;
  if (resource === "" || first === undefined) return scopes;
  const prefix = resource.endsWith("/") ? resource : `${resource}/`;
  return first.startsWith(prefix) ? scopes : [`${prefix}${first}`, ...rest];
}

/** AD FS gives the state back without escaping it, so it is escaped once more on the way there. */
function adjustAuthorization(
  { skipScope }: AdfsConnectorConfiguration,
  query: URLSearchParams,
  login: LoginTransaction,
): void {
  query.set("state", escapeQuery(login.state));
  query.delete("response_mode");
  if (skipScope) query.delete("scope");
}

function escapeQuery(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1).replaceAll("*", "%2A").replaceAll("%7E", "~");
}

/** Who has no e-mail address is known by the user principal name, which looks like one. */
async function withPrincipalName({ identity, sources }: Identified): Promise<Identity> {
  if (identity.email !== "") return identity;
  const email = coerceText(await findInSources(sources, "upn"));
  return { ...identity, email, username: identity.username || email };
}
