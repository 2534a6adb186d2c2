import type { OAuth2Options, UpstreamTrust } from "../../config/connector-configuration.ts";
import type { Clock } from "../../protocol/clock.ts";
import type { Log } from "../../telemetry/log.ts";
import { type Fetch, unreachable } from "../oidc/upstream-request.ts";

export interface OAuth2Deps {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly log: Log;
  /** A `fetch` that believes other certificates than the system's. */
  readonly fetchWith?: (trust: UpstreamTrust) => Fetch;
}

export type Endpoints = OAuth2Options["endpoints"];

/** How a vendor's interface takes an access token: in these headers, or in the query as `access_token`. */
export type PresentToken = ((accessToken: string) => Readonly<Record<string, string>>) | "query";

/** One upstream that speaks OAuth 2.0, with its endpoints filled in. */
export interface OAuth2Client<Configuration extends OAuth2Options = OAuth2Options> {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly log: Log;
  readonly configuration: Configuration;
  /** Configured ones before the vendor's; empty where neither names one. */
  readonly endpoints: Endpoints;
  readonly presentToken: PresentToken;
}

/** @param vendor the vendor's own endpoints; empty where it has none. */
export function createOAuth2Client<Configuration extends OAuth2Options>(
  deps: OAuth2Deps,
  configuration: Configuration,
  vendor: Endpoints,
  presentToken: PresentToken,
): OAuth2Client<Configuration> {
  const { trust, endpoints } = configuration;
  return {
    clock: deps.clock,
    fetch: (trust && deps.fetchWith?.(trust)) ?? deps.fetch,
    log: deps.log.with({ connector: configuration.id }),
    configuration,
    endpoints: {
      authorization: endpoints.authorization || vendor.authorization,
      token: endpoints.token || vendor.token,
      profile: endpoints.profile || vendor.profile,
      validate: endpoints.validate || vendor.validate,
    },
    presentToken,
  };
}

export const bearer: PresentToken = (accessToken) => ({ Authorization: `Bearer ${accessToken}` });

/** @throws {ConnectorError} `unreachable` when it is not configured, or no URL. */
export function endpointUrl(client: OAuth2Client, name: keyof Endpoints): URL {
  const url = URL.parse(client.endpoints[name]);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw unreachable(`${missing(name)}: connector ${client.configuration.id}`);
  return url;
}

/** The first endpoint that a login needs and that is not configured, in words for an operator. */
export function findMissingEndpoint(client: OAuth2Client, needed: readonly (keyof Endpoints)[]): string | undefined {
  const name = needed.find((endpoint) => client.endpoints[endpoint] === "");
  return name && missing(name);
}

/** @returns where and with what to ask, so that the interface knows the token. */
export function withToken(
  client: OAuth2Client,
  url: URL,
  accessToken: string,
): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } {
  if (client.presentToken !== "query") return { url, headers: client.presentToken(accessToken) };
  const withQuery = new URL(url);
  withQuery.searchParams.set("access_token", accessToken);
  return { url: withQuery, headers: {} };
}

function missing(name: keyof Endpoints): string {
  const option = { authorization: "login-url", token: "redeem-url", profile: "profile-url", validate: "validate-url" }[
    name
  ];
  return `the ${name} endpoint is not configured: set its URL (--${option})`;
}
