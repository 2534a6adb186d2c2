import type { AtlassianCrowdUpstream } from "../../../config/dex-connector-configuration.ts";
import { goJson } from "../../../protocol/go-json.ts";
import type { Login } from "../../../protocol/identity.ts";
import { ConnectorError, NotAdmittedError } from "../../connector-error.ts";
import type { Credentials, PasswordConnector, WantedParts } from "../../connector.ts";
import { textAt } from "../../oauth2/json-field.ts";
import { type Fetch, parseJson, unreachable } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import { createThrottle } from "../../throttle/throttle.ts";
import { throttledLogin } from "../../throttle/throttled-login.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { beginSession, type CrowdUser, findGroups, findUser } from "./crowd-api.ts";

interface Crowd {
  readonly fetch: Fetch;
  readonly upstream: AtlassianCrowdUpstream;
}

/** Users of an Atlassian Crowd server (dex reference §8.15). */
export function createCrowdConnector(
  deps: Pick<ConnectorDeps, "clock" | "fetch">,
  { id, name, upstream }: FederatedSettings<AtlassianCrowdUpstream>,
): PasswordConnector {
  const throttle = createThrottle(deps.clock);
  const crowd: Crowd = { fetch: deps.fetch, upstream };
  return {
    kind: "password",
    type: "atlassian-crowd",
    id,
    name,
    prompt: upstream.usernamePrompt || "Username",
    status: () => ({ reachable: true }),
    login: (credentials) => throttledLogin(throttle, credentials, () => login(crowd, credentials)),
    refresh: (previous, wants) => refresh(crowd, previous, wants),
  };
}

async function login(crowd: Crowd, { username, password, wants }: Credentials): Promise<Login | undefined> {
  const { fetch, upstream } = crowd;
  if (!(await beginSession(fetch, upstream, username, password))) return undefined;
  const user = await findUser(fetch, upstream, username);
  if (user === undefined) throw unreachable("Crowd does not know the user that it gave a session to");
  const groups = await admittedGroups(crowd, user, wants);
  if (groups === undefined) throw new NotAdmittedError(`${user.name} is in none of the configured groups`);
  const connectorData = wants?.offlineAccess === false ? undefined : Buffer.from(goJson({ username }));
  return { identity: identityOf(upstream, user, groups), tokens: {}, ...(connectorData && { connectorData }) };
}

async function refresh(crowd: Crowd, previous: Login, wants: WantedParts | undefined): Promise<Login> {
  const { fetch, upstream } = crowd;
  const stored = previous.connectorData && parseJson(Buffer.from(previous.connectorData).toString("utf8"));
  const username = textAt(stored, "username");
  if (username === undefined) throw revoked("there is nothing to renew this login with");
  const user = await findUser(fetch, upstream, username);
  if (user?.key !== previous.identity.userId)
    throw revoked(`${JSON.stringify(username)} is nobody or somebody else now`);
  if (!(await beginSession(fetch, upstream, username))) throw revoked(`Crowd refuses ${user.name}`);
  const groups = await admittedGroups(crowd, user, wants);
  if (groups === undefined) throw revoked(`${user.name} is in none of the configured groups any more`);
  return { ...previous, identity: identityOf(upstream, user, groups) };
}

/**
 * The groups to tell of, which are the configured ones when there are any.
 * @returns undefined when there are, and the user is in none of them.
 */
async function admittedGroups(
  { fetch, upstream }: Crowd,
  user: CrowdUser,
  wants: WantedParts | undefined,
): Promise<readonly string[] | undefined> {
  const isRestricted = upstream.groups.length > 0;
  if (!isRestricted && wants?.groups === false) return [];
  const all = await findGroups(fetch, upstream, user.name);
  const groups = isRestricted ? all.filter((group) => upstream.groups.includes(group)) : all;
  if (isRestricted && groups.length === 0) return undefined;
  return wants?.groups === false ? [] : groups;
}

function identityOf(
  { preferredUsernameField }: AtlassianCrowdUpstream,
  user: CrowdUser,
  groups: readonly string[],
): Login["identity"] {
  return {
    userId: user.key,
    username: user.name,
    preferredUsername: textAt(user, preferredUsernameField) ?? "",
    email: user.email,
    emailVerified: true,
    groups,
  };
}

/** @param reason for the log. */
function revoked(reason: string): ConnectorError {
  return new ConnectorError("revoked", "This account does not exist any more.", new Error(reason));
}
