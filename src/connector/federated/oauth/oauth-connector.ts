import type { OAuthUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Identity, Login } from "../../../protocol/identity.ts";
import type { LoginTransaction, RedirectConnector } from "../../connector.ts";
import type { Claims } from "../../oidc/identity-claims.ts";
import { decodeClaims } from "../../oidc/oauth2-proxy/coerce-claim.ts";
import { isRecord, untrusted } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { encodeStored } from "../oauth-vendor/stored-tokens.ts";
import { vendorApi } from "../oauth-vendor/vendor-api.ts";
import { vendorAuthorizationUrl } from "../oauth-vendor/vendor-authorization-url.ts";
import { createVendorClient, EVERYTHING, type VendorClient } from "../oauth-vendor/vendor-client.ts";
import { redeemVendorCode } from "../oauth-vendor/vendor-tokens.ts";
import { goFloat } from "./go-float.ts";

/** Any OAuth 2.0 server with a userinfo endpoint, in dex's rules (its reference §8.7). Nothing is renewed. */
export function createOAuthConnector(
  deps: ConnectorDeps,
  settings: FederatedSettings<OAuthUpstream>,
): RedirectConnector {
  const { id, name, upstream } = settings;
  const { authorizationUrl, tokenUrl, scopes } = upstream;
  const client = createVendorClient(deps, settings, { authorization: authorizationUrl, token: tokenUrl });
  return {
    kind: "redirect",
    type: "oauth",
    id,
    name,
    status: () => ({ reachable: true }),
    authorizationUrl: async (login) => vendorAuthorizationUrl(client, login, { scopes }),
    redeem: (callback, login) => redeem(client, upstream, callback, login),
  };
}

async function redeem(
  client: VendorClient,
  upstream: OAuthUpstream,
  callback: URLSearchParams,
  { redirectUri, wants = EVERYTHING }: LoginTransaction,
): Promise<Login> {
  const tokens = await redeemVendorCode(client, callback, { redirect_uri: redirectUri });
  const { accessToken } = tokens;
  const claims = await vendorApi(client, accessToken).get("the userinfo endpoint", upstream.userinfoUrl);
  if (!isRecord(claims)) throw untrusted("the userinfo endpoint answered without claims");
  const groups = wants.groups ? groupsOf([claims, decodeClaims(accessToken) ?? {}], upstream) : [];
  const identity = { ...readPerson(claims, upstream), groups };
  return {
    identity,
    tokens,
    ...(wants.offlineAccess && { connectorData: encodeStored({ AccessToken: accessToken }) }),
  };
}

/** A claim of another type than expected is not there. */
function readPerson(claims: Claims, { userIdKey, claimMapping }: OAuthUpstream): Omit<Identity, "groups"> {
  const text = (name: string): string => {
    const value = claims[name];
    return typeof value === "string" ? value : "";
  };
  return {
    userId: readUserId(claims, userIdKey),
    username: text(claimMapping.username),
    preferredUsername: text(claimMapping.preferredUsername),
    email: text(claimMapping.email),
    emailVerified: claims[claimMapping.emailVerified] === true,
  };
}

/** Numbers as dex writes them. Of those that a float cannot hold, several would be one and the same person. */
function readUserId(claims: Claims, name: string): string {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return goFloat(value);
  throw untrusted(`userinfo has no ${JSON.stringify(name)} that is a text, or a number without loss`);
}

/** Lists of names, or of objects with a name; each group once. */
function groupsOf(sources: readonly Claims[], { claimMapping }: OAuthUpstream): readonly string[] {
  const lists = sources.map((claims) => claims[claimMapping.groups]).filter((value) => Array.isArray(value));
  const names = lists.flat().map((item: unknown) => (isRecord(item) ? item.name : item));
  return [...new Set(names.filter((name) => typeof name === "string"))];
}
