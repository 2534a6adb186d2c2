import type { Login } from "../../protocol/identity.ts";
import type { Clock } from "../../protocol/clock.ts";
import type { Session } from "../../session/session.ts";
import { htpasswdLogin, type PasswordCheck } from "./htpasswd.ts";

/** What an `Authorization` header signed in. `refused`: it says who somebody is and cannot prove it. */
export type HeaderLogin = { readonly session: Session } | { readonly outcome: "none" | "refused" };

export interface HeaderLoginDeps {
  readonly clock: Clock;
  /** Absent: bearer tokens are not looked at. */
  readonly verifyBearer?: (token: string) => Promise<Login | undefined>;
  /** Absent: there is no password file. */
  readonly passwords?: {
    readonly check: PasswordCheck["check"];
    readonly has: PasswordCheck["has"];
    readonly groups: readonly string[];
    readonly preferEmailToUser: boolean;
  };
}

/** Who sent the header. */
export interface HeaderClient {
  /** For the throttle of passwords; empty when unknown. */
  readonly address: string;
  /** Told of each user and password. */
  readonly triedPassword: (user: string, isRight: boolean) => void;
}

/** Sign in with what the `Authorization` header holds: a token of the provider's, or a user and password of the password file. */
export async function signInByHeader(
  deps: HeaderLoginDeps,
  header: string,
  client: HeaderClient,
): Promise<HeaderLogin> {
  const parts = header.split(" ");
  const [scheme = "", credentials = ""] = parts;
  const basic = scheme === "Basic" && parts.length === 2 ? parseBasic(credentials) : undefined;
  const byToken = deps.verifyBearer === undefined ? undefined : await byBearer(deps, { parts, basic });
  if (byToken !== undefined) return { session: sessionOf(deps, byToken) };
  const byPassword = basic === undefined ? undefined : await byHtpasswd(deps, basic, client);
  if (byPassword !== undefined) return { session: sessionOf(deps, byPassword) };
  return { outcome: deps.verifyBearer === undefined ? "none" : "refused" };
}

interface Basic {
  readonly user: string;
  readonly password: string;
}

/** A JSON Web Token in compact form. */
const TOKEN = /^ey[\w-]*\.ey[\w-]*\.[\w-]+$/;

async function byBearer(
  { verifyBearer }: HeaderLoginDeps,
  { parts, basic }: { readonly parts: readonly string[]; readonly basic: Basic | undefined },
): Promise<Login | undefined> {
  const token = basic === undefined ? bearerOf(parts) : tokenInBasic(basic);
  return token === undefined ? undefined : verifyBearer?.(token);
}

function bearerOf(parts: readonly string[]): string | undefined {
  const [scheme, token = ""] = parts;
  return parts.length === 2 && scheme === "Bearer" && TOKEN.test(token) ? token : undefined;
}

/** Programs that only know Basic send a token as user (with an empty or a magic password) or as password. */
function tokenInBasic({ user, password }: Basic): string | undefined {
  if (TOKEN.test(user)) return password === "" || password === "x-oauth-basic" ? user : undefined;
  return TOKEN.test(password) ? password : undefined;
}

async function byHtpasswd(
  { passwords }: HeaderLoginDeps,
  { user, password }: Basic,
  { address, triedPassword }: HeaderClient,
): Promise<Login | undefined> {
  if (passwords === undefined) return undefined;
  const isRight = await passwords.check(user, password, address);
  triedPassword(user, isRight);
  return isRight ? htpasswdLogin(user, passwords) : undefined;
}

function sessionOf({ clock }: HeaderLoginDeps, login: Login): Session {
  const now = clock();
  return {
    ...login,
    id: "",
    connectorId: "",
    createdAt: now,
    refreshedAt: now,
    expiresAt: login.tokens.expiresAt ?? 0,
  };
}

function parseBasic(credentials: string): Basic | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(credentials) || credentials.length % 4 !== 0) return undefined;
  const text = Buffer.from(credentials, "base64").toString();
  const colon = text.indexOf(":");
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
