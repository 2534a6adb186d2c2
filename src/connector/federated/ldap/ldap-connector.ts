import type { LdapUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Clock } from "../../../protocol/clock.ts";
import type { Login } from "../../../protocol/identity.ts";
import { ConnectorError } from "../../connector-error.ts";
import type { Credentials, PasswordConnector, WantedParts } from "../../connector.ts";
import { unreachable } from "../../oidc/upstream-request.ts";
import { createThrottle } from "../../throttle/throttle.ts";
import { throttledLogin } from "../../throttle/throttled-login.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { encodeConnectorData, parseConnectorData } from "./connector-data.ts";
import { type Directory, withDirectory } from "./directory.ts";
import type { LdapEntry } from "./entry.ts";
import { identityOfEntry } from "./identity-of-entry.ts";
import { isSameDn } from "./same-dn.ts";
import { searchGroups } from "./search-groups.ts";
import { searchUser } from "./search-user.ts";

/**
 * Users of an LDAP directory (dex reference §8.2). Guessing is slowed down before the directory is asked, so that it does not lock
 * accounts; a directory that cannot be asked is `unreachable`, and ends no session.
 */
export function createLdapConnector(
  deps: { readonly clock: Clock },
  { id, name, upstream }: FederatedSettings<LdapUpstream>,
): PasswordConnector {
  const throttle = createThrottle(deps.clock);
  return {
    kind: "password",
    type: "ldap",
    id,
    name,
    prompt: upstream.usernamePrompt || "Username",
    status: () => ({ reachable: true }),
    login: (credentials) => throttledLogin(throttle, credentials, () => login(upstream, credentials)),
    refresh: (previous, wants) => refresh(upstream, previous, wants),
  };
}

async function login(upstream: LdapUpstream, credentials: Credentials): Promise<Login | undefined> {
  const { username, wants } = credentials;
  const user = await withDirectory(upstream, (directory) => signIn(directory, upstream, credentials));
  if (user === undefined) return undefined;
  const identity = identityOfEntry(user, upstream.userSearch, []);
  const groups = await groupsOf(upstream, user, wants);
  const connectorData = wants?.offlineAccess === false ? undefined : encodeConnectorData(username, user);
  return { identity: { ...identity, groups }, tokens: {}, ...(connectorData && { connectorData }) };
}

async function signIn(
  directory: Directory,
  upstream: LdapUpstream,
  { username, password }: Credentials,
): Promise<LdapEntry | undefined> {
  const user = await searchUser(directory, upstream, username);
  if (user !== undefined) return (await directory.isPassword(user.dn, password)) ? user : undefined;
  // Somebody who does not exist is tried all the same, so that the time taken does not tell who does.
  const nobody = `cn=${crypto.randomUUID()},${upstream.userSearch.baseDn}`;
  await directory.isPassword(nobody, password).catch(() => false);
  return undefined;
}

/** The groups are read over a connection of their own: the first one is bound as the user now, who may see less. */
async function groupsOf(
  upstream: LdapUpstream,
  user: LdapEntry,
  wants: WantedParts | undefined,
): Promise<readonly string[]> {
  if (wants?.groups === false || upstream.groupSearch.baseDn === "") return [];
  return withDirectory(upstream, (directory) => searchGroups(directory, upstream.groupSearch, user));
}

async function refresh(upstream: LdapUpstream, previous: Login, wants: WantedParts | undefined): Promise<Login> {
  const stored = parseConnectorData(previous.connectorData);
  if (stored === undefined) throw revoked("there is nothing to renew this login with");
  try {
    const user = await withDirectory(upstream, (directory) => searchUser(directory, upstream, stored.username));
    if (user === undefined || !isSameDn(user.dn, stored.dn)) {
      throw revoked(`${JSON.stringify(stored.username)} is ${user?.dn ?? "nobody"} now, and not ${stored.dn}`);
    }
    const identity = identityOfEntry(user, upstream.userSearch, await groupsOf(upstream, user, wants));
    return { ...previous, identity: { ...identity, userId: sameUserId(upstream, previous, identity.userId) } };
  } catch (error) {
    const isAboutTheirs = error instanceof ConnectorError && error.reason === "untrusted";
    throw isAboutTheirs && error.cause instanceof Error ? unreachable(error.cause.message) : error;
  }
}

/** An entry that took the place of another one has its name, but not its id. A name may be written otherwise by now. */
function sameUserId({ userSearch }: LdapUpstream, previous: Login, userId: string): string {
  const { userId: known } = previous.identity;
  if (userId === known || (userSearch.idAttr.toLowerCase() === "dn" && isSameDn(userId, known))) return known;
  throw revoked(`the entry has the id ${userId} now, and not ${known}`);
}

/** @param reason for the log. */
function revoked(reason: string): ConnectorError {
  return new ConnectorError("revoked", "This account does not exist any more.", new Error(reason));
}
