import type { UpstreamTokens } from "../../../protocol/identity.ts";
import { ConnectorError } from "../../connector-error.ts";
import { denied } from "../../oauth2/api-request.ts";
import { readCode, refusesClient } from "../../oauth2/token-request.ts";
import { type IssuedTokens, requestOnce, type TokenOutcome } from "../../oidc/token-request.ts";
import { unreachable } from "../../oidc/upstream-request.ts";
import type { VendorClient } from "./vendor-client.ts";

/** Tokens that a vendor issued. */
export type VendorTokens = UpstreamTokens & { readonly accessToken: string } & Omit<IssuedTokens, "outcome" | "tokens">;

/**
 * Redeem the code of a callback.
 *
 * @param parameters besides `code` and `grant_type`: usually the redirect URI.
 * @throws {ConnectorError} `denied` when the callback has no code or it is refused; `unreachable` when the vendor does not answer
 *   or does not know us; `untrusted`.
 * @see RFC 6749 §4.1.3
 */
export function redeemVendorCode(
  client: VendorClient,
  callback: URLSearchParams,
  parameters: Readonly<Record<string, string>>,
): Promise<VendorTokens> {
  return requestVendorTokens(client, {
    grant_type: "authorization_code",
    code: readVendorCode(client, callback),
    ...parameters,
  });
}

/**
 * Renew tokens. A vendor that sends no new refresh token means the old one to go on.
 * @throws {ConnectorError} as {@link redeemVendorCode}.
 * @see RFC 6749 §6
 */
export async function renewVendorTokens(client: VendorClient, refreshToken: string): Promise<VendorTokens> {
  const form = { grant_type: "refresh_token", refresh_token: refreshToken };
  return { refreshToken, ...(await requestVendorTokens(client, form)) };
}

/** The vendor's own words about a refusal are for the log alone. */
function readVendorCode({ log }: VendorClient, callback: URLSearchParams): string {
  const error = callback.get("error") ?? "";
  if (error !== "") log.info("login refused upstream", { error: error.slice(0, 64) });
  return readCode(callback);
}

async function requestVendorTokens(
  client: VendorClient,
  parameters: Readonly<Record<string, string>>,
): Promise<VendorTokens> {
  const outcome = await findOutcome(client, parameters);
  if (outcome instanceof ConnectorError) throw outcome;
  if (outcome.outcome === "refused") {
    const { status, error, reason } = outcome;
    throw refusesClient(status, error) ? unreachable(reason) : denied(reason);
  }
  const { outcome: _, tokens, ...more } = outcome;
  const { accessToken = "" } = tokens;
  return { ...tokens, ...more, accessToken };
}

type Attempt = TokenOutcome | ConnectorError;

/**
 * Credentials go into the header first, and into the body too when that fails, whatever the failure is, as dex does: some vendors answer
 * anything but "unknown client" to who does not speak their way. One that wants them in the body is remembered.
 */
async function findOutcome(client: VendorClient, parameters: Readonly<Record<string, string>>): Promise<Attempt> {
  const { clientAuthentication, configuration, assertion } = client;
  if (assertion !== undefined) return attempt(client, { ...parameters, ...(await assertion()) }, "none");
  const { proven } = clientAuthentication;
  const body = configuration.clientSecret.reveal() === "" ? "none" : "post";
  const first = await attempt(client, parameters, proven ?? "basic");
  if (isFinal(first) || (proven !== undefined && !isClientRefused(first))) return first;
  const second = await attempt(client, parameters, proven === undefined ? body : "basic");
  if (isIssued(second)) clientAuthentication.proven = proven === undefined ? body : undefined;
  return second instanceof ConnectorError || isClientRefused(second) ? first : second;
}

async function attempt(
  client: VendorClient,
  parameters: Readonly<Record<string, string>>,
  method: "basic" | "post" | "none",
): Promise<Attempt> {
  return requestOnce(client, { tokenEndpoint: client.endpoints.token }, parameters, method).catch(asConnectorError);
}

function isClientRefused(outcome: Attempt): boolean {
  if (outcome instanceof ConnectorError || outcome.outcome === "issued") return false;
  return refusesClient(outcome.status, outcome.error);
}

/** Tokens, or something in their place that cannot be used: the code is spent. */
function isFinal(outcome: Attempt): boolean {
  return isIssued(outcome) || (outcome instanceof ConnectorError && outcome.reason === "untrusted");
}

function isIssued(outcome: Attempt): boolean {
  return !(outcome instanceof ConnectorError) && outcome.outcome === "issued";
}

function asConnectorError(error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  throw error;
}
