import type { OidcUpstream } from "../../../config/dex-connector-configuration.ts";
import { withQuery } from "../../../protocol/go-query.ts";
import type { Identity, Login } from "../../../protocol/identity.ts";
import { compileExpression, type RegularExpression } from "../../../protocol/regular-expression.ts";
import type { LoginTransaction, RedirectConnector } from "../../connector.ts";
import { codeChallenge } from "../../oidc/authorization-url.ts";
import { finishedLogin } from "../../oidc/oidc-upstream.ts";
import type { ProviderMetadata } from "../../oidc/provider-metadata.ts";
import { refreshTokenOf } from "../../oidc/renew-login.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { vendorAuthorizationUrl } from "../oauth-vendor/vendor-authorization-url.ts";
import { EVERYTHING } from "../oauth-vendor/vendor-client.ts";
import { createDiscoveredClient, discovered } from "./discovered-client.ts";
import { exchangeToken } from "./exchange-token.ts";
import { type ProvenTokens, redeemForIdToken, renewWithRefreshToken } from "./id-token-flow.ts";
import { claimsOf, type Oidc } from "./verified-claims.ts";
import { readIdentity } from "./read-identity.ts";

/**
 * An OpenID Connect provider in dex's rules (its reference §8.6): no nonce, PKCE when discovery offers it, claims as they are mapped.
 *
 * @throws {Error} in words for the operator when the filter of groups is no expression: it would let all groups pass.
 */
export function createOidcConnector(deps: ConnectorDeps, settings: FederatedSettings<OidcUpstream>): RedirectConnector {
  const oidc = createOidc(deps, settings);
  const { discovery } = oidc;
  return {
    kind: "redirect",
    type: "oidc",
    id: settings.id,
    name: settings.name,
    status: () => discovery.status(),
    authorizationUrl: (login) => authorizationUrl(oidc, login),
    redeem: (callback, login) => redeem(oidc, callback, login),
    refresh: (login) => renew(oidc, login),
    exchangeToken: (subject) => exchangeToken(oidc, subject),
    endSessionUrl: (_login, returnTo) => endSessionUrl(oidc, returnTo),
    close: () => discovery.close(),
  };
}

function createOidc(deps: ConnectorDeps, settings: FederatedSettings<OidcUpstream>): Oidc {
  const { id, upstream } = settings;
  const { issuer, issuerAlias, endpoints: overrides } = upstream;
  const groupsFilter = compileFilter(id, upstream.claimModifications.groupsFilter);
  const known = createDiscoveredClient(deps, settings, issuer, { issuerAlias, overrides });
  if (upstream.basicAuthUnsupported === true) known.client.clientAuthentication.proven = "post";
  return { ...known, upstream, ...(groupsFilter && { groupsFilter }) };
}

function compileFilter(id: string, pattern: string): RegularExpression | undefined {
  if (pattern === "") return undefined;
  const compiled = compileExpression(pattern);
  if ("expression" in compiled) return compiled.expression;
  throw new Error(`connector ${id}: groupsFilter is not a regular expression: ${compiled.error}`);
}

async function authorizationUrl(oidc: Oidc, login: LoginTransaction): Promise<URL> {
  const { client, metadata } = await discovered(oidc);
  const { scopes, acrValues, promptType } = oidc.upstream;
  const { offlineAccess } = login.wants ?? EVERYTHING;
  const contexts = acrValues.length > 0 ? acrValues : (login.parameters?.["acr_values"] ?? []);
  const prompts = [...(login.forceLogin === true ? ["login"] : []), ...(offlineAccess ? [promptType] : [])];
  const method = challengeMethod(oidc, metadata);
  return vendorAuthorizationUrl(client, login, {
    scopes: ["openid", ...scopes],
    parameters: {
      ...(contexts.length > 0 && { acr_values: contexts.join(" ") }),
      ...(offlineAccess && { access_type: "offline" }),
      ...(prompts.length > 0 && { prompt: [...new Set(prompts)].join(" ").trim() }),
      ...(login.loginHint !== undefined && { login_hint: login.loginHint }),
      ...(method !== undefined && codeChallenge(method, login.codeVerifier)),
    },
  });
}

/** `plain` shows the verifier to the browser: it is for providers that offer nothing better, whatever is configured. */
function challengeMethod(
  { upstream }: Oidc,
  { challengeMethods = [] }: ProviderMetadata,
): "S256" | "plain" | undefined {
  if (challengeMethods.includes("S256")) return "S256";
  return upstream.pkceChallenge ?? (challengeMethods.includes("plain") ? "plain" : undefined);
}

async function redeem(oidc: Oidc, callback: URLSearchParams, login: LoginTransaction): Promise<Login> {
  // Whoever began the login, dex too, sent a challenge if it left a verifier.
  const isPkce = challengeMethod(oidc, await oidc.discovery.get()) !== undefined;
  const sendsVerifier = isPkce && login.codeVerifier !== "";
  const proven = await redeemForIdToken(oidc, { callback, login, sendsVerifier });
  return finishedLogin(await identify(oidc, proven), proven.tokens);
}

/** Without an ID token the userinfo endpoint must say who it is, if it is asked at all. */
function renew(oidc: Oidc, login: Login): Promise<Login> {
  return renewWithRefreshToken(oidc, { login, refreshToken: refreshTokenOf(login) }, (proven) =>
    identify(oidc, proven),
  );
}

async function identify(oidc: Oidc, { tokens, verified, metadata }: ProvenTokens): Promise<Identity> {
  const claims = await claimsOf(oidc, metadata, { verified, accessToken: tokens.accessToken });
  return readIdentity(claims, oidc.upstream, oidc.groupsFilter);
}

/** OpenID Connect RP-Initiated Logout 1.0 §2, without a hint: it would show an ID token to the browser. */
function endSessionUrl({ client, discovery }: Oidc, postLogoutRedirectUri: string | undefined): URL | undefined {
  const endpoint = URL.parse(discovery.current?.endSessionEndpoint ?? "");
  if (endpoint === null || postLogoutRedirectUri === undefined) return endpoint ?? undefined;
  const { clientId } = client.configuration;
  return new URL(withQuery(endpoint.href, { client_id: clientId, post_logout_redirect_uri: postLogoutRedirectUri }));
}
