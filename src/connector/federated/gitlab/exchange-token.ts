import type { Login } from "../../../protocol/identity.ts";
import type { WantedParts } from "../../connector.ts";
import { askApi, denied, jsonOf } from "../../oauth2/api-request.ts";
import { readAnswer } from "../oauth-vendor/go-json.ts";
import { vendorApi } from "../oauth-vendor/vendor-api.ts";
import type { VendorClient } from "../oauth-vendor/vendor-client.ts";
import type { VendorIdentity } from "../oauth-vendor/vendor-connector.ts";

/**
 * A GitLab token that a client has, for the identity of its owner, groups included (RFC 8693 §2.1). Nothing is kept for a renewal.
 *
 * @throws {ConnectorError} `denied` when the token is refused, or was issued to another application.
 */
export async function exchangeToken(
  client: VendorClient,
  { baseUrl, token }: { readonly baseUrl: string; readonly token: string },
  identify: (accessToken: string, wants: WantedParts) => Promise<VendorIdentity>,
): Promise<Login> {
  if (!/^[\x21-\x7e]+$/.test(token)) throw denied("the token cannot be sent in a header");
  await refuseForeignToken(client, baseUrl, token);
  const { groups = [], ...identity } = await identify(token, { groups: true, offlineAccess: false });
  return { identity: { ...identity, groups }, tokens: { accessToken: token } };
}

/**
 * Whoever runs another application of the same GitLab server has tokens of everybody who signs in there: those must not open ours.
 * GitLab knows the application of such a token; people's own access tokens are of none, and it says nothing about those.
 *
 * @see https://docs.gitlab.com/api/oauth2/#retrieve-the-token-information
 */
async function refuseForeignToken(client: VendorClient, baseUrl: string, token: string): Promise<void> {
  const what = "the information about a token";
  const { fetch, request } = vendorApi(client, token).request(what, `${baseUrl}/oauth/token/info`);
  const answer = await askApi(fetch, request);
  if (answer.status !== 200) return;
  const application = readAnswer(jsonOf(answer, what), what).object("application").text("uid");
  if (application !== "" && application !== client.configuration.clientId)
    throw denied("the token was issued to another application");
}
