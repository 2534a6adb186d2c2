import type { AzureConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Login, UpstreamTokens } from "../../protocol/identity.ts";
import { ConnectorError } from "../connector-error.ts";
import type { LoginTransaction, RedirectConnector } from "../connector.ts";
import { buildAuthorizationUrl } from "../oidc/authorization-url.ts";
import { endSessionUrl } from "../oidc/end-session-url.ts";
import { decodeClaims } from "../oidc/oauth2-proxy/coerce-claim.ts";
import { exchangeTokens } from "../oidc/oauth2-proxy/exchange-tokens.ts";
import { readFixedClaims } from "../oidc/oauth2-proxy/fixed-claims.ts";
import { codeParameters, refusedCode } from "../oidc/oauth2-proxy/redeem.ts";
import { refusedRefresh } from "../oidc/oauth2-proxy/renew.ts";
import { askValidateEndpoint } from "../oidc/oauth2-proxy/validate.ts";
import { signInWith } from "../oidc/oauth2-proxy/verify-bearer.ts";
import { verifyToken } from "../oidc/oauth2-proxy/verify-token.ts";
import { createUpstream, finishedLogin, type OidcConnectorDeps, type OidcUpstream } from "../oidc/oidc-upstream.ts";
import type { ProviderMetadata } from "../oidc/provider-metadata.ts";
import { readCode } from "../oidc/redeem-code.ts";
import { refreshTokenOf } from "../oidc/renew-login.ts";
import { asRenewalError, reasonOf, revoked } from "../oidc/renewal-error.ts";
import { unreachable } from "../oidc/upstream-request.ts";
import { azureEndpoints, isVersion2, profileUrl, version2Scope } from "./azure-endpoints.ts";
import { identifyAtAzure } from "./azure-identity.ts";

interface Azure {
  readonly configuration: AzureConnectorConfiguration;
  readonly upstream: OidcUpstream;
}

/** Azure AD by its older endpoints. */
export function createAzureConnector(deps: OidcConnectorDeps, given: AzureConnectorConfiguration): RedirectConnector {
  const configuration: AzureConnectorConfiguration = {
    ...given,
    clientAuthentication: "post",
    nonce: false,
    endpoints: azureEndpoints(given),
  };
  const upstream = createUpstream(deps, configuration);
  const azure: Azure = { configuration, upstream };
  return {
    kind: "redirect",
    type: "azure",
    id: configuration.id,
    name: configuration.name,
    status: () => upstream.discovery.status(),
    authorizationUrl: async (login) => authorizationUrl(azure, await upstream.discovery.get(), login),
    redeem: (callback, login) => redeem(azure, callback, login),
    canRefresh: (login) => refreshTokenOf(login) !== undefined,
    refresh: (login) => renew(azure, login),
    validate: (login) => validate(azure, login),
    verifyBearer: (token) =>
      signInWith(upstream, token, async () => {
        const claims = await verifyToken(upstream, await upstream.discovery.get(), configuration, token);
        return [readFixedClaims(claims), claims];
      }),
    endSessionUrl: (login, postLogoutRedirectUri) => endSessionUrl(upstream, login, postLogoutRedirectUri),
    close: () => upstream.discovery.close(),
  };
}

function authorizationUrl({ configuration }: Azure, metadata: ProviderMetadata, login: LoginTransaction): URL {
  const url = buildAuthorizationUrl(metadata, configuration, login);
  const { searchParams: query } = url;
  if (isVersion2(metadata)) query.set("scope", version2Scope(query.get("scope") ?? "", metadata));
  else if (configuration.resource !== "") query.append("resource", configuration.resource);
  query.sort();
  return url;
}

async function redeem(azure: Azure, callback: URLSearchParams, transaction: LoginTransaction): Promise<Login> {
  const { configuration, upstream } = azure;
  const metadata = await upstream.discovery.get();
  const code = readCode(callback, metadata, configuration);
  const exchange = await exchangeTokens(upstream, metadata, {
    ...codeParameters(upstream, code, transaction),
    ...(configuration.resource !== "" && !isVersion2(metadata) && { resource: configuration.resource }),
  });
  if (exchange.outcome === "refused") throw refusedCode(exchange);
  const { tokens } = exchange;
  return finishedLogin(await identifyAtAzure(upstream, metadata, configuration.graphGroupField, { tokens }), tokens);
}

/** What does not come anew stays: tokens, the groups without a new ID token or when Graph cannot be asked. */
async function renew({ configuration, upstream }: Azure, login: Login): Promise<Login> {
  const refreshToken = refreshTokenOf(login);
  if (refreshToken === undefined) throw unreachable("the upstream gave no refresh token");
  const metadata = await upstream.discovery.get();
  const parameters = { grant_type: "refresh_token", refresh_token: refreshToken };
  const exchange = await exchangeTokens(upstream, metadata, parameters);
  if (exchange.outcome === "refused") throw refusedRefresh(exchange);
  checkSameSubject(login.tokens, exchange.tokens);
  const { idToken } = login.tokens;
  const tokens = { refreshToken, ...(idToken !== undefined && { idToken }), ...exchange.tokens };
  try {
    // A new one without groups says that somebody is in none any more.
    const found = { tokens, ...(exchange.tokens.idToken === undefined && { previous: login }) };
    return finishedLogin(await identifyAtAzure(upstream, metadata, configuration.graphGroupField, found), tokens);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    if (error.reason === "denied") throw asRenewalError(error);
    upstream.log.warn("tokens renewed, identity not", { reason: reasonOf(error) });
    return finishedLogin(login.identity, tokens);
  }
}

function checkSameSubject(before: UpstreamTokens, now: UpstreamTokens): void {
  const [old, fresh] = [decodeClaims(before.idToken)?.sub, decodeClaims(now.idToken)?.sub];
  if (old !== undefined && fresh !== undefined && old !== fresh)
    throw revoked("the tokens of another subject were renewed");
}

/** These sessions are good while the access token is, whenever they are asked about. */
async function validate({ upstream }: Azure, login: Login): Promise<boolean> {
  const url = upstream.configuration.endpoints?.validate || profileUrl(await upstream.discovery.get());
  return askValidateEndpoint(upstream, login, url);
}
