import { OAuthError } from "../../protocol/oauth-error.ts";
import { parseScopes } from "../../protocol/scope.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { scopeProblem } from "../scope-problem.ts";
import type { Client, StoredClaims } from "../storage-model.ts";
import { type TokenAnswer, createTokenIds, issueTokens } from "./issue-tokens.ts";

/** Scopes that only make sense for a person. */
const FOR_PEOPLE = ["offline_access", "federated:id"];

/**
 * Tokens for a client itself, without any person (RFC 6749 §4.4). It is its own subject, of no connector, so no person can have the
 * same one.
 *
 * @throws {OAuthError} in dex's words.
 */
export async function clientCredentialsGrant(
  provider: ProviderContext,
  client: Client,
  form: URLSearchParams,
): Promise<TokenAnswer> {
  const scopes = parseScopes(form.get("scope") ?? "");
  const refused = scopes.find((scope) => FOR_PEOPLE.includes(scope));
  if (refused !== undefined) {
    throw new OAuthError("invalid_scope", `client_credentials grant does not support ${refused} scope.`);
  }
  const problem = await scopeProblem(provider, client.id, scopes);
  if (problem !== undefined) throw new OAuthError("invalid_scope", problem);
  if (client.public) {
    throw new OAuthError("unauthorized_client", "Public clients cannot use client_credentials grant.");
  }
  const nonce = form.get("nonce") ?? "";
  const subject = {
    clientId: client.id,
    scopes,
    nonce,
    claims: claimsOf(provider, client),
    connectorId: "",
    authTime: 0,
  };
  return issueTokens(provider, { subject, ids: createTokenIds(), withIdToken: scopes.includes("openid") });
}

/** Its name and groups are told where the scopes ask for them; it has no address. Only the configuration knows of groups. */
function claimsOf({ configuration }: ProviderContext, { id, name }: Client): StoredClaims {
  const groups = configuration.clients.find((client) => client.id === id)?.groups ?? [];
  return { userId: id, username: name, preferredUsername: name, email: "", emailVerified: false, groups };
}
