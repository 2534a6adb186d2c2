import { ConnectorError } from "../../connector/connector-error.ts";
import type { Credentials, PasswordConnector } from "../../connector/connector.ts";
import type { Login } from "../../protocol/identity.ts";
import { OAuthError } from "../../protocol/oauth-error.ts";
import { randomId } from "../../protocol/random-id.ts";
import { parseScopes } from "../../protocol/scope.ts";
import { savePersonalClaims } from "../personal-claims.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { scopeProblem } from "../scope-problem.ts";
import type { Client } from "../storage-model.ts";
import { storedClaimsOf } from "../stored-claims.ts";
import { usableConnector } from "../usable-connector.ts";
import { wantedParts } from "../wanted-parts.ts";
import { type TokenAnswer, createTokenIds, issueTokens } from "./issue-tokens.ts";
import { createRefreshToken, isRefreshable, saveConnectorData } from "./refresh-tokens.ts";
import type { TokenSubject } from "./token-claims.ts";

/**
 * Tokens for a user name and a password that the client has collected (RFC 6749 §4.3), checked by the one connector that is
 * configured for it. That connector slows guessing down, by account and address.
 *
 * @throws {OAuthError} in dex's words.
 * @throws {ConnectorError} 429 after too many wrong tries.
 */
export async function passwordGrant(
  provider: ProviderContext,
  client: Client,
  form: URLSearchParams,
  clientAddress: string,
): Promise<TokenAnswer> {
  const scopes = parseScopes(form.get("scope") ?? "");
  if (!scopes.includes("openid")) throw new OAuthError("invalid_request", 'Missing required scope(s) ["openid"].');
  const problem = await scopeProblem(provider, client.id, scopes);
  if (problem !== undefined) throw new OAuthError("invalid_request", problem);
  const connectorId = provider.configuration.passwordConnector;
  const connector = await usableConnector(provider, client, { connectorId, grant: "password" });
  if (connector.kind !== "password") {
    throw new OAuthError("invalid_request", "Requested password connector does not correct type.");
  }
  const login = await logIn(provider, connector, {
    username: form.get("username") ?? "",
    password: form.get("password") ?? "",
    clientAddress,
    wants: wantedParts(scopes),
  });
  const nonce = form.get("nonce") ?? "";
  const claims = storedClaimsOf(login.identity);
  return issue(provider, { clientId: client.id, scopes, nonce, claims, connectorId, authTime: 0 }, login);
}

async function logIn(
  provider: ProviderContext,
  connector: PasswordConnector,
  credentials: Credentials,
): Promise<Login> {
  const login = await connector.login(credentials).catch((error: unknown) => {
    if (!(error instanceof ConnectorError)) throw error;
    provider.metrics.login(connector.id, "error");
    if (error.status === 429) throw error;
    throw new OAuthError("invalid_request", "Could not login user", { cause: error });
  });
  provider.metrics.login(connector.id, login === undefined ? "wrong-credentials" : "success");
  if (login === undefined) throw new OAuthError("access_denied", "Invalid username or password", { status: 401 });
  return login;
}

async function issue(provider: ProviderContext, subject: TokenSubject, login: Login): Promise<TokenAnswer> {
  const { connectorData, identity } = login;
  const owner = { userId: identity.userId, connectorId: subject.connectorId };
  await savePersonalClaims(provider, owner, identity.additionalClaims);
  const ids = createTokenIds();
  if (!(await isRefreshable(provider, subject))) return issueTokens(provider, { subject, ids });
  await saveConnectorData(provider, owner, connectorData);
  const refreshToken = await createRefreshToken(provider, randomId(), subject, connectorData);
  return issueTokens(provider, { subject, ids, refreshToken });
}
