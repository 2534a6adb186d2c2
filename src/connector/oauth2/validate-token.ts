import type { Login } from "../../protocol/identity.ts";
import { askApi } from "./api-request.ts";
import { endpointUrl, type OAuth2Client, withToken } from "./oauth2-client.ts";

/**
 * Does the upstream still know the access token of a login? Its validation endpoint answers 200 if so.
 * @throws {ConnectorError} `unreachable`: nothing is known then, and nobody is to be logged out.
 */
export async function validateToken(client: OAuth2Client, login: Login): Promise<boolean> {
  const { accessToken } = login.tokens;
  if (accessToken === undefined || accessToken === "") return false;
  const request = withToken(client, endpointUrl(client, "validate"), accessToken);
  const { status } = await askApi(client.fetch, { what: "the validation endpoint", ...request });
  return status === 200;
}
