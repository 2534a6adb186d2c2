import type { HeaderPair, Json, JsonObject } from "../scenario.ts";

/** An answer that takes the place of the usual one. */
export interface ErrorAnswer {
  /** Default 400. */
  readonly status?: number;
  /** Default `{"error": "invalid_grant"}`. */
  readonly body?: Json;
}

/** How the provider behaves; a step may change any of these while it runs. Names are those of the recordings. */
export interface ProviderSettings {
  /** Who logs in when `login_hint` does not say. */
  user: string;
  client_auth: "any" | "basic" | "post";
  /** Parameters of an error to come back with from the authorisation endpoint. */
  authorize_error: Readonly<Record<string, string>> | null;
  token_error: ErrorAnswer | null;
  refresh_error: ErrorAnswer | null;
  /** Seconds. */
  token_delay: number;
  refresh_delay: number;
  refresh_token: "rotate" | "same" | "omit";
  single_use_refresh: boolean;
  /** What a login brings. */
  login_id_token: boolean;
  login_refresh_token: boolean;
  /** Does a refresh bring a new ID token? */
  refresh_id_token: boolean;
  /** Seconds; null = not said. */
  expires_in: number | null;
  id_token_ttl: number;
  /** Claims to override; null removes one. */
  id_token: JsonObject;
  /** The user's claims that are left out. */
  id_token_omit: readonly string[];
  id_token_key: string;
  id_token_alg: string;
  access_token: "opaque" | "jwt";
  access_claims: JsonObject;
  /** In place of the user's claims. */
  userinfo: JsonObject | null;
  userinfo_status: number;
  validate_status: number;
  /** Metadata to override; null removes one. */
  discovery: JsonObject;
  discovery_status: number;
  token_format: "json" | "form";
  token_extra: JsonObject;
  /** `GET /path?query` before `GET /path` → the answer: a vendor's own API. */
  routes: Readonly<Record<string, RouteAnswer>>;
  /** Percent signs of `state` go back as they are. */
  raw_state: boolean;
  /** Names of the keys that the key set shows. */
  jwks: readonly string[];
}

export interface RouteAnswer {
  readonly status?: number;
  /** Anything but text is sent as JSON. */
  readonly body?: Json;
  readonly type?: string;
  readonly headers?: readonly HeaderPair[];
}

export const DEFAULT_SETTINGS: Readonly<ProviderSettings> = {
  user: "alice",
  client_auth: "any",
  authorize_error: null,
  token_error: null,
  refresh_error: null,
  token_delay: 0,
  refresh_delay: 0,
  refresh_token: "rotate",
  single_use_refresh: false,
  login_id_token: true,
  login_refresh_token: true,
  refresh_id_token: true,
  expires_in: 3600,
  id_token_ttl: 3600,
  id_token: {},
  id_token_omit: [],
  id_token_key: "main",
  id_token_alg: "RS256",
  access_token: "opaque",
  access_claims: {},
  userinfo: null,
  userinfo_status: 200,
  validate_status: 200,
  discovery: {},
  discovery_status: 200,
  token_format: "json",
  token_extra: {},
  routes: {},
  raw_state: false,
  jwks: ["main"],
};

/** Take over what a recording says. Throws on a setting that there is not, which would otherwise change nothing. */
export function applySettings(settings: ProviderSettings, changes: JsonObject): void {
  const unknown = Object.keys(changes).filter((key) => !(key in DEFAULT_SETTINGS));
  if (unknown.length > 0) throw new Error(`the fake provider has no setting ${unknown.join(", ")}`);
  Object.assign(settings, changes);
}
