import type { AzureConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Identity, Login, UpstreamTokens } from "../../protocol/identity.ts";
import { ConnectorError } from "../connector-error.ts";
import type { Claims } from "../oidc/identity-claims.ts";
import { createClaimSources } from "../oidc/oauth2-proxy/claim-sources.ts";
import { parseClaims } from "../oidc/oauth2-proxy/coerce-claim.ts";
import { identify } from "../oidc/oauth2-proxy/identify.ts";
import { verifyToken } from "../oidc/oauth2-proxy/verify-token.ts";
import type { OidcUpstream } from "../oidc/oidc-upstream.ts";
import type { ProviderMetadata } from "../oidc/provider-metadata.ts";
import { askUpstream, unreachable } from "../oidc/upstream-request.ts";
import { graphGroupsUrl, isVersion2, profileUrl } from "./azure-endpoints.ts";
import { fetchGraphGroups } from "./graph-groups.ts";

/**
 * Who somebody is: address and groups from the ID token, or the access token when the ID token does not verify or has no
 * address; then Microsoft Graph.
 *
 * @param previous at a renewal that brought no ID token: its groups stay where neither a token nor Graph names any.
 * @returns an identity without user: Azure's own identifier was never part of these sessions.
 * @throws {ConnectorError} `untrusted` when neither token verifies; `denied`, `unreachable`.
 */
export async function identifyAtAzure(
  upstream: OidcUpstream,
  metadata: ProviderMetadata,
  graphGroupField: AzureConnectorConfiguration["graphGroupField"],
  { tokens, previous }: { readonly tokens: UpstreamTokens; readonly previous?: Login },
): Promise<Identity> {
  const told = await readTokens(upstream, metadata, tokens);
  const accessToken = tokens.accessToken ?? "";
  const email = told.email || (await askForAddress(upstream, metadata, accessToken));
  const known = told.groups.length > 0 ? told.groups : (previous?.identity.groups ?? []);
  const identity = { ...told, userId: "", preferredUsername: "", username: email, email, groups: known };
  if (!isVersion2(metadata)) return identity;
  const url = graphGroupsUrl(metadata, graphGroupField || "id");
  const groups = await fetchGraphGroups(upstream.fetch, { url, accessToken, field: graphGroupField || "id" });
  return { ...identity, groups: [...new Set([...told.groups, ...groups])] };
}

async function readTokens(
  upstream: OidcUpstream,
  metadata: ProviderMetadata,
  tokens: UpstreamTokens,
): Promise<Identity> {
  const { idToken, accessToken } = tokens;
  // Graph has no subject, and that of its OpenID Connect endpoint is another application's
  const read = (claims: Claims): Promise<Identity> =>
    identify(upstream, createClaimSources(upstream, metadata, { claims, accessToken, ignoreSubject: true }));
  const fromIdToken = await verified(upstream, metadata, idToken);
  if (fromIdToken !== undefined) {
    const identity = await read(fromIdToken);
    if (identity.email !== "") return identity;
  }
  const fromAccessToken = await verified(upstream, metadata, accessToken);
  const claims = fromAccessToken ?? fromIdToken;
  if (claims === undefined) throw new ConnectorError("untrusted", UNVERIFIED, new Error("neither token verifies"));
  return read(claims);
}

const UNVERIFIED = "The answer of the identity provider could not be verified.";

async function verified(
  upstream: OidcUpstream,
  metadata: ProviderMetadata,
  token: string | undefined,
): Promise<Claims | undefined> {
  if (token === undefined) return undefined;
  return verifyToken(upstream, metadata, upstream.configuration, token).catch((error: unknown) => {
    if (error instanceof ConnectorError && error.reason === "untrusted") return undefined;
    throw error;
  });
}

/** @see https://learn.microsoft.com/graph/api/user-get */
async function askForAddress(upstream: OidcUpstream, metadata: ProviderMetadata, accessToken: string): Promise<string> {
  const answer = await askUpstream(upstream.fetch, {
    what: "the profile endpoint",
    url: profileUrl(metadata),
    headers: { Authorization: `Bearer ${accessToken}` },
  });
  const profile = answer.status === 200 ? parseClaims(answer.text) : undefined;
  if (profile === undefined) throw unreachable(`the profile endpoint answered ${answer.status}`);
  const others: unknown = profile.otherMails;
  const candidates: readonly unknown[] = [
    profile.mail,
    Array.isArray(others) ? others[0] : undefined,
    profile.userPrincipalName,
  ];
  const email = candidates.find((candidate) => typeof candidate === "string" && candidate !== "");
  if (typeof email === "string") return email;
  throw new ConnectorError(
    "denied",
    "The identity provider did not tell your e-mail address.",
    new Error("no address"),
  );
}
