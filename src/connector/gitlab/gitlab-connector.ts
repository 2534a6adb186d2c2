import type { GitlabConnectorConfiguration } from "../../config/connector-configuration.ts";
import type { Identity } from "../../protocol/identity.ts";
import { ConnectorError } from "../connector-error.ts";
import type { RedirectConnector } from "../connector.ts";
import { fetchClaims } from "../oidc/oauth2-proxy/claim-sources.ts";
import { createCompatibleConnector } from "../oidc/oauth2-proxy/compatible-connector.ts";
import type { Identified } from "../oidc/oauth2-proxy/vendor.ts";
import type { OidcConnectorDeps } from "../oidc/oidc-upstream.ts";
import { unreachable } from "../oidc/upstream-request.ts";
import { findProjects, PROJECT_PREFIX } from "./find-projects.ts";

/** GitLab: OpenID Connect, with groups at `/oauth/userinfo` and membership of projects by its API. */
export function createGitlabConnector(
  deps: OidcConnectorDeps,
  configuration: GitlabConnectorConfiguration,
): RedirectConnector {
  const { projects, scopes } = configuration;
  const needsApi = projects.length > 0 && !scopes.includes("read_api");
  return createCompatibleConnector(
    deps,
    { ...configuration, scopes: needsApi ? [...scopes, "read_api"] : scopes },
    { enrich: (found) => enrich(configuration, found) },
  );
}

/**
 * The nickname is the user, and the address must be verified at userinfo.
 * @throws {ConnectorError} `denied` when it is not; `unreachable`, `untrusted`.
 */
async function enrich(configuration: GitlabConnectorConfiguration, found: Identified): Promise<Identity> {
  const { identity, previous } = found;
  const { allowUnverifiedEmail } = configuration;
  const { origin } = new URL(found.metadata.authorizationEndpoint);
  const userinfo = await askUserinfo(found, `${origin}/oauth/userinfo`);
  if (!allowUnverifiedEmail && userinfo.emailVerified !== true) {
    throw denied("Your e-mail address is not verified at the identity provider.", "email_verified is not true");
  }
  const userId = userinfo.nickname || previous?.identity.userId || identity.userId;
  return {
    ...identity,
    userId,
    username: identity.preferredUsername || userId,
    email: userinfo.email || identity.email,
    emailVerified: userinfo.emailVerified === true || allowUnverifiedEmail,
    groups: await groupsOf(configuration, found, { origin, groups: userinfo.groups }),
  };
}

/** Groups that GitLab names, then projects. */
async function groupsOf(
  { projects }: GitlabConnectorConfiguration,
  { identity, previous, tokens, upstream }: Identified,
  { origin, groups }: { readonly origin: string; readonly groups: readonly string[] | undefined },
): Promise<readonly string[]> {
  const isProject = (group: string): boolean => group.startsWith(PROJECT_PREFIX);
  const known = previous?.identity.groups.filter(isProject) ?? [];
  const accessToken = tokens.accessToken ?? "";
  const memberOf = await findProjects(upstream, { origin, accessToken, projects, known });
  // Without an ID token of its own a renewal knows the groups of the login only: somebody may have left the last of them.
  const isKnownAnew = groups !== undefined && identity === previous?.identity;
  const named = isKnownAnew || (groups ?? []).length > 0 ? (groups ?? []) : identity.groups;
  return [...named.filter((group) => !isProject(group)), ...memberOf];
}

interface Userinfo {
  readonly nickname: string;
  readonly email: string;
  readonly emailVerified: unknown;
  /** Undefined: it does not speak of groups. */
  readonly groups: readonly string[] | undefined;
}

async function askUserinfo({ upstream, metadata, sources, tokens }: Identified, endpoint: string): Promise<Userinfo> {
  const { accessToken = "" } = tokens;
  const claims = await fetchClaims(upstream, metadata, { endpoint, accessToken, subject: sources.token.sub });
  const { nickname = "", email = "", email_verified: emailVerified } = claims;
  const groups: unknown = claims.groups ?? undefined;
  const isSound =
    typeof nickname === "string" && typeof email === "string" && (groups === undefined || isTexts(groups));
  if (!isSound) throw unreachable("the userinfo endpoint answered in an unknown form");
  return { nickname, email, emailVerified, groups };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function denied(publicMessage: string, reason: string): ConnectorError {
  return new ConnectorError("denied", publicMessage, new Error(reason));
}
