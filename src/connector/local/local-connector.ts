import type { LocalConnectorConfiguration, LocalUser } from "../../config/connector-configuration.ts";
import { isPasswordHash, verifyPassword } from "../../crypto/password-hash.ts";
import type { Clock } from "../../protocol/clock.ts";
import type { Identity, Login } from "../../protocol/identity.ts";
import type { Log } from "../../telemetry/log.ts";
import { ConnectorError } from "../connector-error.ts";
import type { Credentials, PasswordConnector } from "../connector.ts";
import { createThrottle, type Throttle } from "../throttle/throttle.ts";
import { throttledLogin } from "../throttle/throttled-login.ts";
import { createDecoyHash, type DecoyHash } from "./decoy-hash.ts";
import { createHashQueue, type HashQueue } from "./hash-queue.ts";

export interface LocalConnectorDeps {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * More users, such as those of a store's password table. A configured user of the same e-mail address wins.
   * What it throws passes through unchanged.
   * @param email lower case.
   */
  readonly findUser?: (email: string) => Promise<LocalUser | undefined>;
}

interface LocalUsers extends LocalConnectorDeps {
  readonly configured: readonly LocalUser[];
  readonly throttle: Throttle;
  readonly queue: HashQueue;
  readonly decoy: DecoyHash;
}

/**
 * Users with a password of our own, found by their e-mail address in any case.
 *
 * Guessing is slowed down (see {@link Throttle}), at most four passwords are hashed at a time, and an unknown user costs the
 * same time as a wrong password, so that nobody can learn who has an account.
 */
export function createLocalConnector(
  deps: LocalConnectorDeps,
  configuration: LocalConnectorConfiguration,
): PasswordConnector {
  const users: LocalUsers = {
    ...deps,
    log: deps.log.with({ connector: configuration.id }),
    configured: configuration.users,
    throttle: createThrottle(deps.clock),
    queue: createHashQueue(),
    decoy: createDecoyHash(configuration.users.map((user) => user.passwordHash).filter(isPasswordHash)),
  };
  return {
    kind: "password",
    type: "local",
    id: configuration.id,
    name: configuration.name,
    prompt: configuration.prompt,
    status: () => ({ reachable: true }),
    login: (credentials) => login(users, credentials),
    refresh: (previous) => refresh(users, previous),
  };
}

async function login(users: LocalUsers, credentials: Credentials): Promise<Login | undefined> {
  return throttledLogin(users.throttle, credentials, async () => {
    const user = await checkPassword(users, credentials.username.toLowerCase(), credentials);
    return user && { identity: identityOf(user), tokens: {} };
  });
}

async function checkPassword(
  users: LocalUsers,
  account: string,
  { password, clientAddress }: Credentials,
): Promise<LocalUser | undefined> {
  const user = await findUser(users, account);
  const usable = user !== undefined && isPasswordHash(user.passwordHash);
  if (user !== undefined && !usable) {
    users.log.error("the stored password hash of a user cannot be checked", { userId: user.userId });
  }
  const hash = usable ? user.passwordHash : users.decoy.for(account);
  const matches = await users.queue(() => verifyPassword(hash, password), clientAddress);
  return usable && matches ? user : undefined;
}

/** Both places are always asked, so that the time taken does not tell where a user is. */
async function findUser(users: LocalUsers, email: string): Promise<LocalUser | undefined> {
  const configured = users.configured.find((user) => user.email.toLowerCase() === email);
  const stored = await users.findUser?.(email);
  if (stored !== undefined && isPasswordHash(stored.passwordHash)) users.decoy.learn(stored.passwordHash);
  return configured ?? stored;
}

async function refresh(users: LocalUsers, previous: Login): Promise<Login> {
  const { email, userId } = previous.identity;
  const byEmail = await findUser(users, email.toLowerCase());
  const user = byEmail?.userId === userId ? byEmail : users.configured.find((other) => other.userId === userId);
  if (user === undefined) throw new ConnectorError("revoked", "This account does not exist any more.");
  return { identity: identityOf(user), tokens: {} };
}

function identityOf(user: LocalUser): Identity {
  return {
    userId: user.userId,
    username: user.name,
    preferredUsername: user.preferredUsername,
    email: user.email,
    emailVerified: user.emailVerified,
    groups: user.groups,
  };
}
