import type { KeystoneUpstream } from "../../../config/dex-connector-configuration.ts";
import type { Login } from "../../../protocol/identity.ts";
import { ConnectorError } from "../../connector-error.ts";
import type { Credentials, PasswordConnector, WantedParts } from "../../connector.ts";
import { type Fetch, unreachable } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import { createThrottle } from "../../throttle/throttle.ts";
import { throttledLogin } from "../../throttle/throttled-login.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { findGroups, findUser, requestToken } from "./keystone-api.ts";

/** Users of OpenStack's Identity service (dex reference §8.16). */
export function createKeystoneConnector(
  deps: Pick<ConnectorDeps, "clock" | "fetch">,
  { id, name, upstream }: FederatedSettings<KeystoneUpstream>,
): PasswordConnector {
  const throttle = createThrottle(deps.clock);
  return {
    kind: "password",
    type: "keystone",
    id,
    name,
    prompt: "username",
    status: () => ({ reachable: true }),
    login: (credentials) => throttledLogin(throttle, credentials, () => login(deps.fetch, upstream, credentials)),
    refresh: (previous, wants) => refresh(deps.fetch, upstream, previous, wants),
  };
}

async function login(fetch: Fetch, upstream: KeystoneUpstream, credentials: Credentials): Promise<Login | undefined> {
  const { username, password, wants } = credentials;
  const token = await requestToken(fetch, upstream, { name: username, password });
  if (token === undefined) return undefined;
  const groups = wants?.groups === false ? [] : await findGroups(fetch, upstream, token);
  const user = await findUser(fetch, upstream, token);
  if (user === undefined) throw unreachable("Keystone does not know the user that it gave a token to");
  return {
    identity: {
      userId: token.userId,
      username,
      preferredUsername: "",
      email: user.email,
      emailVerified: user.email !== "",
      groups,
    },
    tokens: {},
  };
}

/** As in dex, only the groups are read anew. */
async function refresh(
  fetch: Fetch,
  upstream: KeystoneUpstream,
  previous: Login,
  wants: WantedParts | undefined,
): Promise<Login> {
  const { username, password } = upstream;
  const administrator = await requestToken(fetch, upstream, { name: username, password: password.reveal() });
  if (administrator === undefined) throw unreachable("Keystone refused keystoneUsername and keystonePassword");
  const token = { token: administrator.token, userId: previous.identity.userId };
  if ((await findUser(fetch, upstream, token)) === undefined) {
    const cause = new Error("Keystone does not know this user any more, or has disabled it");
    throw new ConnectorError("revoked", "This account does not exist any more.", cause);
  }
  if (wants?.groups === false) return previous;
  return { ...previous, identity: { ...previous.identity, groups: await findGroups(fetch, upstream, token) } };
}
