import type { UpstreamTokens } from "../../../protocol/identity.ts";
import type { ProviderMetadata } from "../provider-metadata.ts";
import {
  type ClientAuthenticationMethod,
  firstMethod,
  optionalTokens,
  otherMethod,
  printable,
  tokenFields,
  tokenRequest,
  type TokenRequestDeps,
} from "../token-request.ts";
import { askUpstream, type UpstreamAnswer } from "../upstream-request.ts";

export type Exchange = { readonly outcome: "issued"; readonly tokens: UpstreamTokens } | ExchangeRefusal;

/** No tokens came. */
export interface ExchangeRefusal {
  readonly outcome: "refused";
  /** The upstream says that code or refresh token are over, or does not know us. */
  readonly isFinal: boolean;
  /** For the log: holds none of what was sent. */
  readonly reason: string;
}

/**
 * Ask the token endpoint. With `auto` client authentication the other way is tried too, whatever the first answer said, because
 * upstreams refuse what they do not take in many words; the one that worked is remembered.
 *
 * @param credentials take the place of the client's id and secret, such as a client assertion.
 * @throws {ConnectorError} `unreachable` when there is no answer.
 * @see RFC 6749 §2.3.1, §5
 */
export async function exchangeTokens(
  deps: TokenRequestDeps,
  metadata: ProviderMetadata,
  parameters: Readonly<Record<string, string>>,
  credentials?: Readonly<Record<string, string>>,
): Promise<Exchange> {
  if (credentials !== undefined) return tryOnce(deps, metadata, { ...parameters, ...credentials }, "none");
  const method = firstMethod(deps, metadata);
  const first = await tryOnce(deps, metadata, parameters, method);
  const other = otherMethod(method);
  if (first.outcome === "issued" || deps.configuration.clientAuthentication !== "auto" || other === undefined)
    return first;
  const second = await tryOnce(deps, metadata, parameters, other);
  if (second.outcome === "issued") {
    deps.clientAuthentication.proven = other;
    return second;
  }
  // An upstream in trouble may well refuse the way that it does not take: that ends nothing.
  return { ...second, reason: first.reason, isFinal: first.isFinal || second.told.includes("invalid_grant") };
}

type Attempt = Extract<Exchange, { outcome: "issued" }> | (ExchangeRefusal & { readonly told: string });

async function tryOnce(
  deps: TokenRequestDeps,
  metadata: ProviderMetadata,
  parameters: Readonly<Record<string, string>>,
  method: ClientAuthenticationMethod,
): Promise<Attempt> {
  const request = tokenRequest(deps, metadata, parameters, method);
  const answer = await askUpstream(deps.fetch, { ...request, acceptAnyStatus: true });
  const fields = tokenFields(answer);
  const { access_token: accessToken } = fields;
  const isIssued = answer.status >= 200 && answer.status < 300 && fields.error === undefined;
  if (isIssued && typeof accessToken === "string" && accessToken !== "") {
    return { outcome: "issued", tokens: { accessToken, ...optionalTokens(fields, deps.clock()) } };
  }
  const told = toldBy(answer, fields);
  const sent = [...Object.values(parameters), deps.configuration.clientSecret.reveal()];
  const words = typeof fields.error === "string" ? ` (${printable(told, sent)})` : "";
  return {
    outcome: "refused",
    isFinal: /invalid_grant|invalid_client/.test(told),
    reason: `the token endpoint answered ${answer.status}${isIssued ? " without an access token" : words}`,
    told,
  };
}

/** What an error says: its members, or the whole answer when it has none. */
function toldBy(answer: UpstreamAnswer, fields: Readonly<Record<string, unknown>>): string {
  const { error, error_description: description } = fields;
  if (typeof error !== "string" || error === "") return answer.text;
  return typeof description === "string" ? `${error}: ${description}` : error;
}
