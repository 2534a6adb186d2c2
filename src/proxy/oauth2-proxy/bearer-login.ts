import { createHash } from "node:crypto";

import type { Clock } from "../../protocol/clock.ts";
import type { Login } from "../../protocol/identity.ts";

/** Signs in with a token, or does not. */
export type VerifyBearer = (token: string) => Promise<Login | undefined>;

/** A verified token is believed so long without verifying it again, and never beyond its own end. */
const REMEMBER_SECONDS = 10;
const MAX_REMEMBERED = 1000;

/** Ask each in turn; what one of them verified is remembered for a moment, since programs send one token with many requests. */
export function createBearerLogin(clock: Clock, verifiers: readonly VerifyBearer[]): VerifyBearer {
  const remembered = new Map<string, { readonly login: Login; readonly until: number }>();
  return async (token) => {
    const key = createHash("sha256").update(token).digest("base64");
    const known = remembered.get(key);
    if (known !== undefined && clock() < known.until) return known.login;
    const login = await firstOf(verifiers, token);
    if (login === undefined) return undefined;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    const until = Math.min(clock() + REMEMBER_SECONDS, login.tokens.expiresAt ?? 0);
    remembered.set(key, { login, until });
    return login;
  };
}

async function firstOf(verifiers: readonly VerifyBearer[], token: string): Promise<Login | undefined> {
  for (const verify of verifiers) {
    const login = await verify(token);
    if (login !== undefined) return login;
  }
  return undefined;
}
