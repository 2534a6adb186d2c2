import type { ProviderConfiguration } from "../../config/provider-configuration.ts";
import { OUT_OF_BAND } from "../../protocol/redirect-uri.ts";
import type { ConnectorGrant } from "../usable-connector.ts";
import type { Refuse } from "./shown-error.ts";

/** The words of a `response_type`, in order, as sent. */
export function parseResponseTypes(responseType: string): readonly string[] {
  return responseType.split(" ").filter((word) => word !== "");
}

/** Where, and with what, a request wants its answer. */
export interface WantedResponse {
  readonly types: readonly string[];
  readonly redirectUri: string;
  readonly nonce: string;
}

/**
 * Refuse what is unknown, not enabled or makes no sense, in dex's order and words.
 *
 * An ID token that comes by way of the browser needs a nonce in every flow (OpenID Connect Core §3.2.2.1, §3.3.2.11).
 */
export function checkResponseTypes(
  { responseTypes }: Pick<ProviderConfiguration, "responseTypes">,
  { types, redirectUri, nonce }: WantedResponse,
  refuse: Refuse,
): void {
  const isListed = responseTypes.some((listed) => isSameSet(listed.split(" "), types));
  for (const type of types) {
    if (!["code", "token", "id_token"].includes(type)) {
      refuse("invalid_request", `Invalid response type ${JSON.stringify(type)}`);
    }
    if (!isListed && !responseTypes.includes(type)) {
      refuse("unsupported_response_type", `Unsupported response type ${JSON.stringify(type)}`);
    }
  }
  if (types.length === 0) refuse("invalid_request", "No response_type provided");
  if (types.every((type) => type === "token")) {
    refuse("invalid_request", "Response type 'token' must be provided with type 'id_token' and/or 'code'");
  }
  if (nonce === "" && types.includes("id_token")) {
    refuse("invalid_request", "Response type 'token' requires a 'nonce' value.");
  }
  if (types.some((type) => type !== "code") && redirectUri === OUT_OF_BAND) {
    refuse("invalid_request", `Cannot use response type 'token' with redirect_uri '${OUT_OF_BAND}'.`);
  }
}

/** Which grant a request will lead to, as far as a connector's `grantTypes` want to know. */
export function grantOf(redirectUri: string, types: readonly string[]): ConnectorGrant {
  if (redirectUri.endsWith("/device/callback")) return "urn:ietf:params:oauth:grant-type:device_code";
  return types.some((type) => type === "token" || type === "id_token") ? "implicit" : "authorization_code";
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.every((word) => other.includes(word)) && other.every((word) => one.includes(word));
}
