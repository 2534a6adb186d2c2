import { ConnectorError } from "../../connector/connector-error.ts";
import type { Connector, SubjectToken } from "../../connector/connector.ts";
import type { Login } from "../../protocol/identity.ts";
import { OAuthError } from "../../protocol/oauth-error.ts";
import { parseScopes } from "../../protocol/scope.ts";
import { savePersonalClaims } from "../personal-claims.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { withoutExtras } from "../request-extras.ts";
import type { Client } from "../storage-model.ts";
import { storedClaimsOf } from "../stored-claims.ts";
import { usableConnector } from "../usable-connector.ts";
import { type TokenAnswer, createTokenIds, secondsLeft, signAccessToken, signIdToken } from "./issue-tokens.ts";
import type { TokenSubject } from "./token-claims.ts";

/** RFC 8693 §3. */
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type:";
const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const NO_CONNECTOR = "Requested connector does not exist.";

/**
 * A token of an upstream's for one of ours (RFC 8693 §2.1). `connector_id` says whose it is; `audience`, `resource` and `actor_token`
 * are not looked at. Scopes stand for what they say, and those that say nothing for nothing, as in dex.
 *
 * @throws {OAuthError} in dex's words.
 */
export async function tokenExchangeGrant(
  provider: ProviderContext,
  client: Client,
  form: URLSearchParams,
): Promise<TokenAnswer> {
  const connectorId = form.get("connector_id") ?? "";
  const connector =
    connectorId === "" ? undefined : await usableConnector(provider, client, { connectorId, grant: GRANT });
  const subjectToken = readSubjectToken(form);
  const scopes = withoutExtras(parseScopes(form.get("scope") ?? ""));
  const login = await exchange(connector, subjectToken, scopes);
  const owner = { userId: login.identity.userId, connectorId };
  await savePersonalClaims(provider, owner, login.identity.additionalClaims);
  const claims = storedClaimsOf(login.identity);
  const wanted = form.get("requested_token_type") || `${TOKEN_TYPE}access_token`;
  const subject = { clientId: client.id, scopes, nonce: "", claims, connectorId, authTime: 0 };
  return {
    access_token: await sign(provider, subject, wanted),
    issued_token_type: wanted,
    token_type: "bearer",
    expires_in: secondsLeft(provider),
  };
}

function readSubjectToken(form: URLSearchParams): SubjectToken {
  const type = form.get("subject_token_type") ?? "";
  const kind = (["id_token", "access_token"] as const).find((one) => type === TOKEN_TYPE + one);
  if (kind === undefined) throw new OAuthError("request_not_supported", "Invalid subject_token_type.");
  const token = form.get("subject_token") ?? "";
  if (token === "") throw new OAuthError("invalid_request", "Missing subject_token");
  return { kind, token };
}

/** Why a token was refused stays between us and the upstream; that the upstream cannot be asked does not. */
async function exchange(
  connector: Connector | undefined,
  token: SubjectToken,
  scopes: readonly string[],
): Promise<Login> {
  if (connector?.exchangeToken === undefined) throw new OAuthError("invalid_request", NO_CONNECTOR);
  try {
    return await connector.exchangeToken(token, { groups: scopes.includes("groups"), offlineAccess: false });
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.reason === "unreachable") throw error;
    throw new OAuthError("access_denied", "", { status: 401, cause: error });
  }
}

function sign(provider: ProviderContext, subject: TokenSubject, type: string): Promise<string> {
  const ids = createTokenIds();
  if (type === `${TOKEN_TYPE}access_token`) return signAccessToken(provider, subject, ids.access);
  if (type === `${TOKEN_TYPE}id_token`) return signIdToken(provider, { subject, id: ids.id });
  throw new OAuthError("request_not_supported", "Invalid requested_token_type.");
}
