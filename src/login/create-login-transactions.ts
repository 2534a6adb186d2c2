import { createHash, randomBytes } from "node:crypto";

import type { CookieConfiguration } from "../config/configuration.ts";
import type { LoginTransaction } from "../connector/connector.ts";
import type { KeyRing } from "../crypto/seal.ts";
import { cookiePairs, deleteCookie, serializeCookie } from "../http/cookies.ts";
import type { Clock } from "../protocol/clock.ts";
import { cookieFor, prefixedName } from "../session/session-cookie.ts";
import { type FinishedStates, createFinishedStates } from "./finished-states.ts";
import type { LoginStart, LoginTransactions, PendingLogin } from "./login-transactions.ts";

export interface LoginTransactionsDeps {
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  /** How our cookies are set; the name is not used. */
  readonly cookie: CookieConfiguration;
}

/** How long a login may be in flight. */
const LIFETIME_SECONDS = 600;
/** More logins in flight than this in one browser: the oldest are dropped. */
const MAX_IN_FLIGHT = 5;
const NAME = "gatehouse_login";

/** What is sealed in a transaction's cookie. */
interface SealedLogin extends PendingLogin {
  readonly expiresAt: number;
}

export function createLoginTransactions(deps: LoginTransactionsDeps): LoginTransactions {
  const finished = createFinishedStates(deps.clock, LIFETIME_SECONDS);
  return {
    begin: (request, start) => begin(deps, request, start),
    finish: (request, state) => finish(deps, finished, request, state),
  };
}

function begin(
  deps: LoginTransactionsDeps,
  request: Request,
  start: LoginStart,
): ReturnType<LoginTransactions["begin"]> {
  const transaction: LoginTransaction = {
    connectorId: start.connectorId,
    state: start.state ?? randomBytes(24).toString("base64url"),
    nonce: randomBytes(24).toString("base64url"),
    codeVerifier: randomBytes(48).toString("base64url"),
    redirectUri: start.redirectUri,
    ...(start.loginHint === undefined ? {} : { loginHint: start.loginHint }),
    ...(start.forceLogin === undefined ? {} : { forceLogin: start.forceLogin }),
  };
  const now = deps.clock();
  const content: SealedLogin = { ...transaction, returnTarget: start.returnTarget, expiresAt: now + LIFETIME_SECONDS };
  const name = `${namePrefix(deps)}${Math.trunc(now).toString(36)}_${tagOf(transaction.state)}`;
  const value = deps.keyRing.seal(Buffer.from(JSON.stringify(content)), sealContext(transaction.state));
  const set = serializeCookie({ ...cookieFor(deps.cookie, name, request, value), maxAgeSeconds: LIFETIME_SECONDS });
  const dropped = transactionCookies(deps, request)
    .map(([cookieName]) => cookieName)
    .toSorted()
    .toReversed()
    .slice(MAX_IN_FLIGHT - 1);
  return { transaction, setCookies: [set, ...dropped.map((old) => clear(deps, request, old))] };
}

function finish(
  deps: LoginTransactionsDeps,
  finished: FinishedStates,
  request: Request,
  state: string,
): ReturnType<LoginTransactions["finish"]> {
  const tag = tagOf(state);
  const cookies = transactionCookies(deps, request).filter(([name]) => name.endsWith(`_${tag}`));
  const setCookies = cookies.map(([name]) => clear(deps, request, name));
  for (const [, value] of cookies) {
    const pending = open(deps, state, value);
    if (pending !== undefined && finished.claim(state)) return { pending, setCookies };
  }
  return { setCookies };
}

function open(deps: LoginTransactionsDeps, state: string, value: string): PendingLogin | undefined {
  const opened = deps.keyRing.open(value, sealContext(state));
  if (opened === undefined) return undefined;
  // Authenticated by the seal: only `begin` can have written it.
  const { expiresAt, ...pending } = JSON.parse(Buffer.from(opened).toString()) as SealedLogin;
  return pending.state === state && deps.clock() < expiresAt ? pending : undefined;
}

function transactionCookies(deps: LoginTransactionsDeps, request: Request): readonly (readonly [string, string])[] {
  const prefix = namePrefix(deps);
  return cookiePairs(request.headers.get("cookie") ?? "").filter(([name]) => name.startsWith(prefix));
}

function clear(deps: LoginTransactionsDeps, request: Request, name: string): string {
  return deleteCookie(cookieFor(deps.cookie, name, request, ""));
}

function namePrefix(deps: LoginTransactionsDeps): string {
  return prefixedName(deps.cookie, `${NAME}_`);
}

/** Enough of a hash to find the cookie of a state; which one it is proves the seal. */
function tagOf(state: string): string {
  return createHash("sha256").update(state).digest("hex").slice(0, 16);
}

function sealContext(state: string): string {
  return `login:${state}`;
}
