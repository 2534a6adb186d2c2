import type { Login } from "../../protocol/identity.ts";
import { ThrottledError } from "../connector-error.ts";
import type { Credentials } from "../connector.ts";
import type { Throttle } from "./throttle.ts";

/**
 * Check a password unless this account and address have been wrong too often. A check that fails does not count as a try.
 *
 * An empty password is wrong without being looked at: to a directory it means "I do not say who I am", and is accepted
 * (RFC 4513 §5.1.2).
 *
 * @throws {ThrottledError} when it has to wait.
 */
export async function throttledLogin(
  throttle: Throttle,
  credentials: Credentials,
  check: () => Promise<Login | undefined>,
): Promise<Login | undefined> {
  if (credentials.password === "") return undefined;
  const account = accountOf(credentials.username);
  const wait = throttle.attempt(account, credentials.clientAddress);
  if (wait > 0) throw new ThrottledError(wait);
  const login = await check().catch((error: unknown) => {
    throttle.withdraw(account, credentials.clientAddress);
    throw error;
  });
  if (login !== undefined) throttle.succeeded(account, credentials.clientAddress);
  return login;
}

/**
 * Spellings that an upstream may take for the same name count as one, else each gave more tries: what is not seen goes before spaces
 * become one (RFC 4518 §2), and accents, which Active Directory and MariaDB do not tell apart, go with it.
 */
function accountOf(username: string): string {
  const visible = username.normalize("NFKD").replace(/\s/g, " ");
  return visible
    .replace(/[\p{Cc}\p{Cf}\p{M}\u1806\ufffc]/gu, "")
    .replace(/ +/g, " ")
    .trim()
    .toLowerCase();
}
