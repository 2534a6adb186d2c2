/** JSON as a recording holds it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type Need = "redis" | "slapd" | "idp_tls" | "upstream_tls" | "upstream_unix";

/** How the program is started. Texts may hold placeholders. */
export interface Start {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The URL that shows that the program is up: any HTTP answer will do. Absent = `{{proxy}}/ping`. */
  readonly ready?: string;
}

/** A recording: what a program was given and asked, and what it answered. */
export interface Scenario extends Start {
  readonly name: string;
  /** File name → text, written into the scenario's folder before the start. */
  readonly files?: Readonly<Record<string, string>>;
  readonly needs?: readonly Need[];
  /** What the directory server holds, in LDIF. */
  readonly ldif?: string;
  /** Claims that are not looked at. */
  readonly ignore_claims?: readonly string[];
  /** The program and version that it shows. */
  readonly recorded_with?: string;
  /** First settings of the fake identity provider; `users` adds users. */
  readonly idp?: JsonObject;
  /** Signed tokens, by the name that follows `token.` in a placeholder. */
  readonly tokens?: Readonly<Record<string, TokenOrder>>;
  /** `serves` (default) · `none`: steps launch the program themselves · `fails`: it must end by itself. */
  readonly start?: "serves" | "none" | "fails";
  readonly mentions?: readonly string[];
  readonly expect?: Json;
  readonly steps?: readonly Step[];
}

/** A token to be signed for a scenario. */
export interface TokenOrder {
  readonly user?: string;
  /** Override the user's claims; null removes one. */
  readonly claims?: JsonObject;
  readonly key?: string;
  readonly alg?: string;
  readonly kid?: string;
  /** Seconds; default 3600. */
  readonly expires_in?: number;
}

export type HeaderPair = readonly [name: string, value: string];

export interface RequestOrder {
  readonly method?: string;
  /** `http://…`, `https://…` or `unix:PATH:TARGET`; its path is sent as it stands. */
  readonly url: string;
  /** In place of the URL's request target. */
  readonly target?: string;
  readonly headers?: readonly HeaderPair[];
  readonly body?: string;
  readonly form?: Readonly<Record<string, string>>;
  /** Name of the cookie jar. Absent = no cookies are sent. */
  readonly browser?: string;
  /** HTTP version; default 1.1. */
  readonly http?: string;
  /** A text to send once the connection has switched to WebSocket. */
  readonly websocket?: string;
  /** The browser takes the connection for secure, as behind a gateway that speaks TLS. */
  readonly secure?: boolean;
  /** Seconds; default 30. */
  readonly timeout?: number;
}

export interface LoginOrder {
  readonly user?: string;
  readonly browser?: string;
  readonly rd?: string;
  readonly start?: string;
  readonly headers?: readonly HeaderPair[];
  readonly base?: string;
  readonly prefix?: string;
  readonly secure?: boolean;
}

/** A way through pages, as a browser goes it: redirects inside the program are followed. */
export interface WalkOrder {
  /** URL. */
  readonly start: string;
  readonly browser?: string;
  readonly headers?: readonly HeaderPair[];
  readonly do?: readonly WalkAction[];
}

/** What somebody does on a page; one of these. */
export interface WalkAction {
  /** Follow the link to the connector of that id. */
  readonly choose?: string;
  /** Follow the link with these words, or with this in its address. */
  readonly link?: string;
  /** Submit the form that has these fields; null leaves one out. */
  readonly form?: Readonly<Record<string, string | null>>;
  /** At the way out to the upstream provider: let it answer, or come back with these parameters instead. */
  readonly upstream?: "login" | Readonly<Record<string, string>>;
  /** Answer the SAML request on the page. */
  readonly saml?: SamlOrder;
}

/** What a SAML identity provider answers, where it is not what the request asked for. */
export interface SamlOrder {
  /** The name identifier. */
  readonly id?: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  /** What is signed; default `response`. */
  readonly sign?: "response" | "assertion" | "both" | "none";
  readonly key?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly destination?: string;
  readonly in_response_to?: string;
  readonly relay_state?: string;
  /** Status code, a URN. */
  readonly status?: string;
  /** Seconds; default 300. */
  readonly valid?: number;
  /** Text → what takes its place once everything is signed. */
  readonly tamper?: Readonly<Record<string, string>>;
}

export interface LaunchOrder extends Start {
  readonly files?: Readonly<Record<string, string>>;
  /** Words that must be in what it prints. */
  readonly mentions?: readonly string[];
  /** `ready` (default): until it answers or ends; anything else: until it ends. */
  readonly wait?: string;
}

/** What of an answer is looked at. */
export interface Compare {
  readonly status?: boolean;
  readonly headers?: readonly string[];
  readonly absent?: readonly string[];
  readonly set_cookie?: string;
  readonly streamed?: boolean;
  /** `token`, `claims`, `jwks`: JSON with what differs from run to run marked, tokens opened. */
  readonly body?: "exact" | "json" | "text" | "forms" | "status-only" | "token" | "claims" | "jwks";
}

/** Takes a value out of an answer: `from` is `header:NAME`, `body` or `cookie:NAME`; at the end of a walk `url` or `body`. */
export interface CaptureRule {
  readonly from: string;
  readonly regex?: string;
  /** Undo the percent-encoding; absent = in a `url`. */
  readonly decode?: boolean;
}

/** One step; the member that is there says which kind. */
export interface Step {
  readonly name?: string;
  readonly expect?: Json;
  readonly compare?: Compare;
  readonly mask?: readonly string[];
  readonly request?: RequestOrder;
  readonly parallel?: number;
  readonly capture?: Readonly<Record<string, CaptureRule>>;
  readonly login?: LoginOrder;
  readonly walk?: WalkOrder;
  readonly check?: "idp_requests" | "logout_tokens" | "redis_keys" | "output";
  readonly paths?: readonly string[];
  readonly pattern?: string;
  readonly launch?: LaunchOrder;
  readonly wait_seconds?: number;
  readonly idp?: JsonObject;
  readonly write?: Readonly<Record<string, string>>;
  readonly remove?: string;
  readonly forget?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly restart?: Start;
  readonly redis?: readonly string[];
}

/** Is it compared with what was recorded, or does it only prepare? */
export function isCompared(step: Step): boolean {
  return ["expect", "compare", "walk", "login", "check", "launch"].some((key) => key in step);
}

/** How a step is called in reports and deviations: its name, or else its kind. */
export function nameOf(step: Step): string {
  return step.name ?? Object.keys(step)[0] ?? "";
}
