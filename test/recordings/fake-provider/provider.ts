import { type FakeApplication, type FakeReply, type FakeRequest, headerOf, json } from "../fake-server.ts";
import type { JsonObject } from "../scenario.ts";
import { authorize } from "./authorize.ts";
import { describeClient, readAsked } from "./asked.ts";
import { discovery, keySet } from "./discovery.ts";
import type { SigningKeys } from "./keys.ts";
import { DEFAULT_SETTINGS, type ProviderSettings, type RouteAnswer, applySettings } from "./settings.ts";
import { redeem } from "./token.ts";
import { userOf } from "./tokens.ts";
import { USERS } from "./users.ts";

/** What the provider knows and remembers. */
export interface Provider {
  /** Its issuer, `http://…`. */
  readonly base: string;
  readonly settings: ProviderSettings;
  readonly users: Readonly<Record<string, JsonObject>>;
  readonly keys: SigningKeys;
  /** Code → what the authorisation request carried. */
  readonly codes: Map<string, Readonly<Record<string, string>>>;
  readonly usedRefreshTokens: Set<string>;
  /** What was asked, without metadata and keys. */
  log: AskedEntry[];
  /** The next number: tokens are counted, so that they are the same in every run. */
  next(): number;
}

/** One request to the provider as recordings hold it. */
export interface AskedEntry {
  readonly method: string;
  readonly path: string;
  readonly auth: string;
  readonly params: readonly string[];
  readonly json_keys?: readonly string[];
}

/** A request with its parameters and client read. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  /** How the client said who it is: `none`, `basic`, `post`, `assertion`, or the whole header. */
  readonly auth: string;
  readonly client: string;
}

/**
 * An OpenID provider that lets everybody in at once, and answers for vendors' APIs what `routes` say.
 *
 * @param first settings to begin with; `users` in it adds users.
 */
export function fakeProvider(base: string, keys: SigningKeys, first: JsonObject): Provider {
  const { users = {}, ...changes } = first;
  const settings = structuredClone(DEFAULT_SETTINGS);
  applySettings(settings, changes);
  let count = 0;
  return {
    base,
    settings,
    // A recording's `users` has the shape of ours: claims by name.
    users: { ...USERS, ...(users as Readonly<Record<string, JsonObject>>) },
    keys,
    codes: new Map(),
    usedRefreshTokens: new Set(),
    log: [],
    next: () => (count += 1),
  };
}

/** Serve a provider: its own endpoints, after the routes that its settings name. */
export function provide(provider: Provider): FakeApplication {
  return async (request) => {
    const { pairs, jsonKeys } = readAsked(request);
    const params = Object.fromEntries(pairs);
    const asked: Asked = { params, ...describeClient(headerOf(request.headers, "authorization"), params) };
    if (!/\/(?:openid-configuration|jwks|jwks\.json)$/.test(request.path)) {
      provider.log.push({
        method: request.method,
        path: request.path,
        auth: asked.auth,
        params: pairs.map((pair) => pair.join("=")).sort(),
        ...(jsonKeys && { json_keys: jsonKeys }),
      });
    }
    const { routes } = provider.settings;
    const route = routes[`${request.method} ${request.target}`] ?? routes[`${request.method} ${request.path}`];
    return route === undefined ? answer(provider, request, asked) : routed(route);
  };
}

type Endpoint = (provider: Provider, asked: Asked) => FakeReply | Promise<FakeReply>;

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  "/authorize": authorize,
  "/token": redeem,
  "/userinfo": userinfo,
  "/introspect": introspect,
  "/validate": ({ settings }) => json(settings.validate_status, { ok: settings.validate_status === 200 }),
  "/logout": () => ({ status: 200, headers: [["Content-Type", "text/plain"]], body: "logged out" }),
};

const METADATA = "/.well-known/openid-configuration";

function answer(provider: Provider, { path }: FakeRequest, asked: Asked): FakeReply | Promise<FakeReply> {
  const endpoint = ENDPOINTS[path];
  if (endpoint !== undefined) return endpoint(provider, asked);
  if (path.endsWith(METADATA)) return discovery(provider, path.slice(0, -METADATA.length));
  if (/\/(?:jwks|\.well-known\/jwks\.json)$/.test(path)) return keySet(provider, path);
  return json(404, { error: "not_found" });
}

function routed({ status = 200, body = "", type, headers = [] }: RouteAnswer): FakeReply {
  const isText = typeof body === "string";
  const contentType = type ?? (isText ? undefined : "application/json");
  return {
    status,
    headers: contentType === undefined ? headers : [...headers, ["Content-Type", contentType]],
    body: isText ? body : JSON.stringify(body),
  };
}

function userinfo(provider: Provider, { auth, params }: Asked): FakeReply {
  const { userinfo_status: status, userinfo: override } = provider.settings;
  if (status !== 200) return json(status, { error: "server_error" });
  const user = userOf(provider, auth.split(" ").slice(1).join(" ") || (params["access_token"] ?? ""));
  return user === undefined ? json(401, { error: "invalid_token" }) : json(200, override ?? provider.users[user]);
}

function introspect(provider: Provider, { params }: Asked): FakeReply {
  const user = userOf(provider, params["token"] ?? "");
  return json(200, user === undefined ? { active: false } : { active: true, ...provider.users[user] });
}
