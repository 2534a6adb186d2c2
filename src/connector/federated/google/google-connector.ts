import type { GoogleUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { Identity, Login, UpstreamTokens } from "../../../protocol/identity.ts";
import type { LoginTransaction, RedirectConnector, WantedParts } from "../../connector.ts";
import type { Environment } from "../../google/default-credentials.ts";
import { denied } from "../../oauth2/api-request.ts";
import type { Claims } from "../../oidc/identity-claims.ts";
import { unreachable, untrusted } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { readAnswer } from "../oauth-vendor/go-json.ts";
import { vendorAuthorizationUrl } from "../oauth-vendor/vendor-authorization-url.ts";
import { EVERYTHING } from "../oauth-vendor/vendor-client.ts";
import { createDiscoveredClient, type DiscoveredClient, discovered } from "../oidc/discovered-client.ts";
import { redeemForIdToken, renewWithRefreshToken } from "../oidc/id-token-flow.ts";
import { personalClaims } from "../oidc/personal-claims.ts";
import { createDirectories, type Directories, listAllGroups } from "./directories.ts";

const ISSUER = "https://accounts.google.com";

interface Google extends DiscoveredClient {
  readonly upstream: GoogleUpstream;
  readonly directories: Directories;
  /** Why nobody can sign in, in words for the operator. */
  readonly problem: string | undefined;
}

/**
 * Google in dex's rules (its reference §8.5).
 *
 * @param environment where the default credentials are looked for.
 */
export function createGoogleConnector(
  deps: ConnectorDeps,
  settings: FederatedSettings<GoogleUpstream>,
  environment: Environment = process.env,
): RedirectConnector {
  const { id, name, upstream } = settings;
  const known = createDiscoveredClient(deps, settings, ISSUER);
  const { client, discovery } = known;
  const directories = createDirectories(client, upstream, environment);
  const google: Google = { ...known, upstream, directories, problem: findProblem(upstream) };
  return {
    kind: "redirect",
    type: "google",
    id,
    name,
    status: () => (google.problem === undefined ? discovery.status() : { reachable: false, reason: google.problem }),
    authorizationUrl: (login) => authorizationUrl(google, login),
    redeem: (callback, login) => redeem(google, callback, login),
    refresh: (login, wants = EVERYTHING) => renew(google, login, wants),
    close: () => discovery.close(),
  };
}

/** Somebody in no group must not enter because nobody could be asked. */
function findProblem({ groups, domainToAdminEmail }: GoogleUpstream): string | undefined {
  if (groups.length === 0 || Object.keys(domainToAdminEmail).length > 0) return undefined;
  return "groups cannot be asked for without an administrator: set domainToAdminEmail, or remove groups";
}

async function authorizationUrl(google: Google, login: LoginTransaction): Promise<URL> {
  const { upstream, problem } = google;
  if (problem !== undefined) throw unreachable(problem);
  const { hostedDomains, promptType, scopes } = upstream;
  const { client } = await discovered(google);
  const { offlineAccess } = login.wants ?? EVERYTHING;
  const [domain] = hostedDomains;
  return vendorAuthorizationUrl(client, login, {
    scopes: ["openid", ...scopes],
    parameters: {
      ...(domain !== undefined && { hd: hostedDomains.length > 1 ? "*" : domain }),
      ...(offlineAccess && { access_type: "offline", prompt: promptType }),
    },
  });
}

async function redeem(google: Google, callback: URLSearchParams, login: LoginTransaction): Promise<Login> {
  const { tokens, verified } = await redeemForIdToken(google, { callback, login });
  return finish(await identify(google, verified, login.wants ?? EVERYTHING), tokens);
}

/** Google tells names at logins only: they stay. */
function renew(google: Google, login: Login, wants: WantedParts): Promise<Login> {
  const stored = Buffer.from(login.connectorData ?? []).toString("utf8");
  // JSON is another connector's, which had this id before: what it keeps is nothing for Google to see.
  const isOurs = stored !== "" && !stored.startsWith("{");
  const refreshToken = login.tokens.refreshToken ?? (isOurs ? stored : undefined);
  return renewWithRefreshToken(google, { login, refreshToken, finish }, async ({ verified }) => {
    const identity = await identify(google, verified, wants);
    return identity.username === "" ? { ...identity, username: login.identity.username } : identity;
  });
}

/** What is kept for a renewal is the refresh token as it is. */
function finish(identity: Identity, tokens: UpstreamTokens): Login {
  return { identity, tokens, connectorData: Buffer.from(tokens.refreshToken ?? "") };
}

/** @throws {ConnectorError} `denied` when somebody is of another domain, or in none of the required groups; `untrusted`, `unreachable`. */
async function identify(google: Google, verified: Claims, wants: WantedParts): Promise<Identity> {
  const { hostedDomains } = google.upstream;
  const claims = readAnswer(verified, "the ID token");
  const userId = claims.text("sub");
  if (userId === "") throw untrusted("the ID token has no subject");
  if (hostedDomains.length > 0 && !hostedDomains.includes(claims.text("hd"))) throw denied("of another domain");
  const email = claims.text("email");
  return {
    userId,
    username: claims.text("name"),
    preferredUsername: "",
    email,
    emailVerified: claims.flag("email_verified"),
    groups: await findGroups(google, email, wants),
    ...personalClaims(verified),
  };
}

async function findGroups(
  { upstream, directories, problem }: Google,
  email: string,
  wants: WantedParts,
): Promise<readonly string[]> {
  if (problem !== undefined) throw unreachable(problem);
  const { groups: required, fetchTransitiveGroupMembership: isTransitive } = upstream;
  const isAsked = (wants.groups || required.length > 0) && directories.size > 0;
  if (!isAsked) return [];
  const all = await listAllGroups(directories, email, isTransitive);
  const groups = required.length === 0 ? all : all.filter((group) => required.includes(group));
  if (required.length > 0 && groups.length === 0) throw denied("in none of the required groups");
  return wants.groups ? groups : [];
}
