import type { CookieConfiguration, TicketSessionConfiguration } from "../../src/config/configuration.ts";
import type { Login } from "../../src/protocol/identity.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { createCookieSessions } from "../../src/session/cookie-sessions.ts";
import type { RefreshOutcome, Validity } from "../../src/session/session-refresh.ts";
import type { SessionKeeper } from "../../src/session/session.ts";
import { createTicketSessions } from "../../src/session/ticket-sessions.ts";
import type { RedisServers } from "../../src/store/redis/redis-address.ts";
import { createRedisStore } from "../../src/store/redis/redis-store.ts";
import type { Log } from "../../src/telemetry/log.ts";

/** What a session keeper stands on: the time, and what the upstream says. To be changed while it runs. */
export interface Bench {
  now: number;
  refresh: (login: Login) => Promise<RefreshOutcome>;
  validate: (login: Login, renewed: boolean) => Promise<Validity>;
}

export const NAME = "_oauth2_proxy";
export const SECRET = "0123456789!bcdef0123456789!bcdef";
export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => SILENT };

export const COOKIE: CookieConfiguration = {
  name: NAME,
  prefix: false,
  domains: [],
  path: "/",
  secure: true,
  httpOnly: true,
};

export function createBench(): Bench {
  return {
    now: 1_800_000_000,
    refresh: async () => ({ outcome: "unsupported" }),
    validate: async () => "valid",
  };
}

type Limits = Partial<Omit<TicketSessionConfiguration, "kind" | "secret" | "redis">> & { readonly secret?: string };

export function cookieKeeper(
  bench: Bench,
  limits: Limits & { readonly minimal?: boolean; readonly cookie?: CookieConfiguration } = {},
): SessionKeeper {
  const { secret = SECRET, cookie = COOKIE, minimal = false, expireSeconds = 604_800, refreshSeconds = 0 } = limits;
  return createCookieSessions(depsOf(bench, cookie), {
    kind: "oauth2-proxy-cookie",
    secret: new Secret(secret),
    expireSeconds,
    refreshSeconds,
    minimal,
  });
}

export function ticketKeeper(
  bench: Bench,
  redis: RedisServers,
  limits: Limits & { readonly cookie?: CookieConfiguration } = {},
): SessionKeeper {
  const { secret = SECRET, cookie = COOKIE, expireSeconds = 604_800, refreshSeconds = 0, cacheSeconds = 0 } = limits;
  const store = createRedisStore({ log: SILENT }, redis);
  return createTicketSessions(
    { ...depsOf(bench, cookie), store },
    { kind: "oauth2-proxy-redis", secret: new Secret(secret), expireSeconds, refreshSeconds, cacheSeconds, redis },
  );
}

function depsOf(bench: Bench, cookie: CookieConfiguration) {
  return {
    cookie,
    clock: () => bench.now,
    log: SILENT,
    connectorId: "oidc",
    refreshIdentity: (_id: string, login: Login) => bench.refresh(login),
    validateIdentity: (_id: string, login: Login, renewed: boolean) => bench.validate(login, renewed),
  };
}

export function alice(tokens: Login["tokens"] = { accessToken: "at1", refreshToken: "rt1", idToken: "it1" }): Login {
  return {
    identity: {
      userId: "alice-sub",
      username: "Alice",
      preferredUsername: "alice.w",
      email: "alice@example.com",
      emailVerified: true,
      groups: ["admins", "dev"],
    },
    tokens,
  };
}

export function requestWith(cookies: string): Request {
  return new Request("https://app.example.com/", {
    headers: { host: "app.example.com", ...(cookies === "" ? {} : { cookie: cookies }) },
  });
}

/** The `Cookie` header of a browser that had `before` and was told `setCookies`. */
export function jar(setCookies: readonly string[], before = ""): string {
  const cookies = new Map(
    before
      .split("; ")
      .filter(Boolean)
      .map((pair) => pair.split(/=(.*)/s, 2) as [string, string]),
  );
  for (const line of setCookies) {
    const [name = "", value = ""] = (line.split(";")[0] ?? "").split(/=(.*)/s, 2);
    if (line.includes("Max-Age=0")) cookies.delete(name);
    else cookies.set(name, value);
  }
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}
