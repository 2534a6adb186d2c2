import type { OidcOptions } from "../../config/connector-configuration.ts";
import type { Clock } from "../../protocol/clock.ts";
import type { UpstreamTokens } from "../../protocol/identity.ts";
import type { ProviderMetadata } from "./provider-metadata.ts";
import {
  askUpstream,
  type Fetch,
  isRecord,
  parseJson,
  type UpstreamAnswer,
  type UpstreamRequest,
  unreachable,
  untrusted,
} from "./upstream-request.ts";

/** Who asks a token endpoint. */
export interface TokenRequester {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly configuration: Pick<OidcOptions, "clientId" | "clientSecret">;
}

export interface TokenRequestDeps extends TokenRequester {
  readonly clientAuthentication: ClientAuthentication;
  readonly configuration: Pick<OidcOptions, "clientId" | "clientSecret" | "clientAuthentication">;
}

export type TokenEndpoint = Pick<ProviderMetadata, "tokenEndpoint">;

/** What worked at this upstream, remembered while the process lives. */
export interface ClientAuthentication {
  proven?: ClientAuthenticationMethod;
}

export type ClientAuthenticationMethod = "basic" | "post" | "none";

export type TokenOutcome = IssuedTokens | TokenRefusal;

export interface IssuedTokens {
  readonly outcome: "issued";
  readonly tokens: UpstreamTokens;
  /** As the upstream wrote it. Absent = it did not say. */
  readonly tokenType?: string;
  /** Of the access token, as the upstream told it. Absent = it did not say. */
  readonly lifetimeSeconds?: number;
}

/** The upstream said no. */
export interface TokenRefusal {
  readonly outcome: "refused";
  readonly status: number;
  /** The upstream's error code, such as `invalid_grant`; empty when it gave none. */
  readonly error: string;
  /** For the log: holds none of what was sent. */
  readonly reason: string;
}

/**
 * Ask the token endpoint.
 *
 * With `auto` client authentication, credentials go into the `Authorization` header unless discovery offers only the body;
 * when the upstream then does not know the client, the other way is tried once, and remembered if it works.
 * That is safe for a code: the client is authenticated before the code is looked at.
 *
 * @param parameters without the client's credentials.
 * @throws {ConnectorError} `unreachable` when there is no answer; `untrusted` when an answer makes no sense.
 * @see RFC 6749 §2.3.1, §5
 */
export async function requestTokens(
  deps: TokenRequestDeps,
  metadata: ProviderMetadata,
  parameters: Readonly<Record<string, string>>,
): Promise<TokenOutcome> {
  const method = firstMethod(deps, metadata);
  const outcome = await requestOnce(deps, metadata, parameters, method);
  const other = otherMethod(method);
  if (deps.configuration.clientAuthentication !== "auto" || other === undefined || !clientUnknown(outcome))
    return outcome;
  const second = await requestOnce(deps, metadata, parameters, other);
  if (clientUnknown(second)) return outcome;
  deps.clientAuthentication.proven = other;
  return second;
}

/** How to authenticate first: as configured, as it worked before, or as discovery offers. */
export function firstMethod(deps: TokenRequestDeps, metadata: ProviderMetadata): ClientAuthenticationMethod {
  const { clientAuthentication, clientSecret } = deps.configuration;
  if (clientSecret.reveal() === "") return "none";
  if (clientAuthentication !== "auto") return clientAuthentication;
  if (deps.clientAuthentication.proven !== undefined) return deps.clientAuthentication.proven;
  const offered = metadata.tokenAuthenticationMethods;
  return offered.includes("client_secret_post") && !offered.includes("client_secret_basic") ? "post" : "basic";
}

/** @returns undefined when there is no other: without a secret there is nothing to send. */
export function otherMethod(method: ClientAuthenticationMethod): ClientAuthenticationMethod | undefined {
  if (method === "none") return undefined;
  return method === "basic" ? "post" : "basic";
}

function clientUnknown(outcome: TokenOutcome): boolean {
  return outcome.outcome === "refused" && (outcome.status === 401 || outcome.error === "invalid_client");
}

/**
 * Ask the token endpoint once, with the client's credentials in one way.
 * @throws {ConnectorError} as {@link requestTokens}.
 */
export async function requestOnce(
  deps: TokenRequester,
  metadata: TokenEndpoint,
  parameters: Readonly<Record<string, string>>,
  method: ClientAuthenticationMethod,
): Promise<TokenOutcome> {
  const answer = await askUpstream(deps.fetch, tokenRequest(deps, metadata, parameters, method));
  const sent = [...Object.values(parameters), deps.configuration.clientSecret.reveal()];
  return parseTokenAnswer(answer, deps.clock(), sent);
}

/** A request to the token endpoint with the client's credentials. */
export function tokenRequest(
  { configuration }: TokenRequester,
  metadata: TokenEndpoint,
  parameters: Readonly<Record<string, string>>,
  method: ClientAuthenticationMethod,
): UpstreamRequest {
  const { clientId, clientSecret } = configuration;
  const form = new URLSearchParams(parameters);
  if (method !== "basic") form.set("client_id", clientId);
  if (method === "post") form.set("client_secret", clientSecret.reveal());
  return {
    what: "the token endpoint",
    url: metadata.tokenEndpoint,
    form,
    ...(method === "basic" && { headers: { Authorization: basicCredentials(clientId, clientSecret.reveal()) } }),
  };
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function basicCredentials(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((part) => new URLSearchParams({ "": part }).toString().slice(1));
  return `Basic ${Buffer.from(encoded.join(":")).toString("base64")}`;
}

/** Some upstreams answer with a form, some name no token type, and some report errors with status 200. */
function parseTokenAnswer(answer: UpstreamAnswer, now: number, sent: readonly string[]): TokenOutcome {
  const fields = tokenFields(answer);
  const { status } = answer;
  if (status >= 400 || typeof fields.error === "string") return refusal(status, fields, sent);
  const accessToken = text(fields.access_token) ?? "";
  // `fetch` would name in its error what cannot go into a header
  if (status !== 200 || !/^[\x20-\x7e]+$/.test(accessToken)) {
    throw unreachable(`the token endpoint answered ${status} without an access token`);
  }
  const tokenType = text(fields.token_type);
  if (tokenType !== undefined && tokenType.toLowerCase() !== "bearer") {
    throw untrusted("the token endpoint issued a token that is not a bearer token");
  }
  const lifetimeSeconds = lifetimeOf(fields);
  return {
    outcome: "issued",
    tokens: { accessToken, ...optionalTokens(fields, now) },
    ...(tokenType !== undefined && { tokenType }),
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
  };
}

/** The members of a token answer, which some upstreams send as a form; none when it is neither. */
export function tokenFields(answer: UpstreamAnswer): Readonly<Record<string, unknown>> {
  const json = parseJson(answer.text);
  if (isRecord(json)) return json;
  const isForm = answer.contentType.includes("form-urlencoded") || answer.contentType === "text/plain";
  return Object.fromEntries(new URLSearchParams(isForm ? answer.text : ""));
}

/** What a token answer holds besides the access token. */
export function optionalTokens(fields: Readonly<Record<string, unknown>>, now: number): UpstreamTokens {
  const idToken = text(fields.id_token);
  const refreshToken = text(fields.refresh_token);
  const lifetime = lifetimeOf(fields);
  return {
    ...(idToken !== undefined && { idToken }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(lifetime !== undefined && { expiresAt: Math.floor(now + lifetime) }),
  };
}

function lifetimeOf(fields: Readonly<Record<string, unknown>>): number | undefined {
  const lifetime = Number(fields.expires_in ?? Number.NaN);
  return Number.isFinite(lifetime) && lifetime > 0 ? lifetime : undefined;
}

function refusal(status: number, fields: Readonly<Record<string, unknown>>, sent: readonly string[]): TokenRefusal {
  const error = text(fields.error) ?? "";
  const words = [error, text(fields.error_description)].filter((word) => word !== undefined && word !== "").join(": ");
  const told = words === "" ? "" : ` (${printable(words, sent)})`;
  return { outcome: "refused", status, error, reason: `the token endpoint answered ${status}${told}` };
}

/** Words for a log. An upstream may repeat what it was sent: none of that may reach a log. */
export function printable(words: string, sent: readonly string[]): string {
  const masked = sent
    .filter((secret) => secret.length >= 8)
    .reduce((rest, secret) => rest.replaceAll(secret, "********"), words);
  return masked.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 200);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
