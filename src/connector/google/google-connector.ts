import { readFile } from "node:fs/promises";
import type { GoogleConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Login, UpstreamTokens } from "../../protocol/identity.ts";
import type { LoginTransaction, RedirectConnector } from "../connector.ts";
import { NotAdmittedError } from "../connector-error.ts";
import { createOAuth2Client, endpointUrl, type OAuth2Client, type OAuth2Deps } from "../oauth2/oauth2-client.ts";
import { createRedirectConnector, redeemWithSecret } from "../oauth2/oauth2-connector.ts";
import { requestToken, type TokenReply } from "../oauth2/token-request.ts";
import { vendorIdentity } from "../oauth2/vendor-identity.ts";
import { RemoteKeys } from "../oidc/remote-keys.ts";
import { asRenewalError, revoked } from "../oidc/renewal-error.ts";
import { parseJson, unreachable, untrusted } from "../oidc/upstream-request.ts";
import { AccountToken, type ObtainToken } from "./account-token.ts";
import { type Environment, findDefaultCredentials } from "./default-credentials.ts";
import { type Directory, findOrganizationId, isMember, listGroups } from "./directory.ts";
import { type GoogleClaims, readGoogleIdToken } from "./google-id-token.ts";
import { impersonatedTokens } from "./impersonated-account.ts";
import { readServiceAccount, serviceAccountTokens } from "./service-account.ts";

const ENDPOINTS = {
  authorization: "https://accounts.google.com/o/oauth2/auth?access_type=offline", // offline: with a refresh token
  token: "https://www.googleapis.com/oauth2/v3/token",
  profile: "",
  validate: "https://www.googleapis.com/oauth2/v1/tokeninfo",
};
const ADMIN = "https://www.googleapis.com/auth/admin.directory";
/** Any of these shows who is in a group; the narrowest comes first. */
const GROUP_SCOPES = [
  `${ADMIN}.group.member.readonly`,
  `${ADMIN}.group.readonly`,
  `${ADMIN}.group.member`,
  `${ADMIN}.group`,
];
const USER_SCOPES: Readonly<Record<string, string>> = {
  cloud: "https://www.googleapis.com/auth/cloud-platform",
  user: `${ADMIN}.user`,
};

interface Google {
  readonly client: OAuth2Client<GoogleConnectorConfiguration>;
  readonly keys: RemoteKeys;
  /** Absent: neither groups nor organisation ids are asked for. */
  readonly directory?: Directory;
}

/**
 * Google.
 *
 * @param environment where the default credentials are looked for.
 * @throws {Error} when the service account's file, or the default credentials' one, is not usable.
 * @see https://developers.google.com/identity/openid-connect/openid-connect
 */
export async function createGoogleConnector(
  deps: OAuth2Deps,
  configuration: GoogleConnectorConfiguration,
  environment: Environment = process.env,
): Promise<RedirectConnector> {
  const client = createOAuth2Client(deps, configuration, ENDPOINTS, "query");
  const directory = await createDirectory(client, environment);
  const keys = new RemoteKeys({ clock: client.clock, fetch: client.fetch });
  const google: Google = { client, keys, ...(directory && { directory }) };
  return createRedirectConnector(client, configuration.type, {
    needs: [],
    redeem: (code, login) => redeem(google, code, login),
    refresh: (login) => renew(google, login),
  });
}

async function redeem(google: Google, code: string, login: LoginTransaction): Promise<Login> {
  const { client, directory } = google;
  const reply = await redeemWithSecret(client, code, login);
  if (reply.idToken === undefined) throw untrusted("the token endpoint issued no ID token");
  const { userId, email } = await readClaims(google, reply.idToken);
  const groups = await readGroups(google, email);
  const preferredUsername =
    directory && client.configuration.useOrganizationId ? await findOrganizationId(directory, email) : "";
  const identity = vendorIdentity({ userId, email, emailVerified: true, groups, preferredUsername });
  return { identity, tokens: tokensOf(client, reply) };
}

/** Google keeps its refresh tokens as they are, and does not always send one again. Groups are looked at anew. */
async function renew(google: Google, login: Login): Promise<Login> {
  const { client } = google;
  const { refreshToken = "" } = login.tokens;
  if (refreshToken === "") throw unreachable("Google gave no refresh token");
  try {
    const reply = await requestToken(client.fetch, endpointUrl(client, "token"), {
      client_id: client.configuration.clientId,
      client_secret: client.configuration.clientSecret.reveal(),
      grant_type: "refresh_token",
      refresh_token: refreshToken,
    });
    const claims = reply.idToken === undefined ? undefined : await readClaims(google, reply.idToken);
    if (claims !== undefined && claims.userId !== login.identity.userId) throw revoked("another subject");
    const { groups: previous, email } = login.identity;
    const groups = google.directory ? await readGroups(google, email) : previous;
    return { ...login, identity: { ...login.identity, groups }, tokens: { refreshToken, ...tokensOf(client, reply) } };
  } catch (error) {
    throw asRenewalError(error);
  }
}

function readClaims({ client, keys }: Google, idToken: string): Promise<GoogleClaims> {
  const { clock, fetch, configuration } = client;
  const rules = { tokenUrl: endpointUrl(client, "token"), clientId: configuration.clientId };
  return readGoogleIdToken({ clock, fetch, keys }, idToken, rules);
}

/**
 * Those of the configured groups that somebody is in, or all of theirs when none is configured.
 * @throws {ConnectorError} `denied` when they are in none of the configured ones.
 */
async function readGroups({ client, directory }: Google, email: string): Promise<readonly string[]> {
  const wanted = client.configuration.groups;
  if (directory === undefined) return [];
  if (wanted.length === 0) return listGroups(directory, email);
  const groups: string[] = [];
  for (const group of wanted) if (await isMember(directory, group, email)) groups.push(group);
  if (groups.length === 0) throw new NotAdmittedError("in none of the configured Google groups");
  return groups;
}

function tokensOf(client: OAuth2Client, reply: TokenReply): UpstreamTokens {
  const { accessToken, idToken, refreshToken, expiresIn } = reply;
  return {
    accessToken,
    ...(idToken !== undefined && { idToken }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(expiresIn !== undefined && { expiresAt: Math.floor(client.clock() + expiresIn) }),
  };
}

async function createDirectory(
  client: OAuth2Client<GoogleConnectorConfiguration>,
  environment: Environment,
): Promise<Directory | undefined> {
  const { configuration, clock, fetch, log } = client;
  if (!hasAccount(configuration)) {
    if (configuration.groups.length === 0 && !configuration.useOrganizationId) return undefined;
    throw new Error(
      "google: groups and organisation ids need an account to ask as: give --google-service-account-json or --google-use-application-default-credentials",
    );
  }
  const { useOrganizationId, adminApiUserScope } = configuration;
  const userScope = USER_SCOPES[adminApiUserScope] ?? `${ADMIN}.user.readonly`;
  const scopes = GROUP_SCOPES.map((scope) => (useOrganizationId ? `${scope} ${userScope}` : scope));
  return { fetch, log, token: new AccountToken(clock, await findAccount(client, environment), scopes) };
}

function hasAccount(configuration: GoogleConnectorConfiguration): boolean {
  return configuration.serviceAccountFile !== "" || configuration.useApplicationDefaultCredentials;
}

async function findAccount(
  client: OAuth2Client<GoogleConnectorConfiguration>,
  environment: Environment,
): Promise<ObtainToken> {
  const { serviceAccountFile: file, targetPrincipal, adminEmail: subject } = client.configuration;
  if (client.configuration.useApplicationDefaultCredentials) {
    const credentials = await findDefaultCredentials(client, environment);
    return impersonatedTokens(client, { credentials, principal: targetPrincipal, subject });
  }
  try {
    const account = await readServiceAccount(parseJson(await readFile(file, "utf8")));
    return serviceAccountTokens(client, account, subject);
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown failure";
    throw new Error(
      `google: the service account's file ${file} (--google-service-account-json) is not usable: ${why}`,
      {
        cause: error,
      },
    );
  }
}
