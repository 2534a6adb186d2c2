import type { MicrosoftUpstream } from "../../../config/dex-vendor-configuration.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import { readAnswer } from "../oauth-vendor/go-json.ts";
import { vendorApi } from "../oauth-vendor/vendor-api.ts";
import type { VendorClient } from "../oauth-vendor/vendor-client.ts";
import type { VendorIdentity } from "../oauth-vendor/vendor-connector.ts";

const FIELDS = "id,displayName,userPrincipalName,mailNickname,onPremisesSamAccountName";

/**
 * Who somebody is, without groups. The user principal name is the address, and is believed.
 *
 * @throws {ConnectorError} `denied`, `untrusted`, `unreachable`.
 * @see https://learn.microsoft.com/graph/api/user-get
 */
export async function fetchUser(
  client: VendorClient,
  { graphUrl, emailToLowercase, preferredUsernameField }: MicrosoftUpstream,
  accessToken: string,
): Promise<VendorIdentity> {
  const url = `${graphUrl.replace(/\/$/, "")}/v1.0/me?$select=${FIELDS}`;
  const user = readAnswer(await vendorApi(client, accessToken).get("Microsoft Graph's user", url), "the user");
  const userId = user.text("id");
  if (userId === "") throw untrusted("Microsoft Graph's user has no id");
  const username = user.text("displayName");
  const email = emailToLowercase ? user.text("userPrincipalName").toLowerCase() : user.text("userPrincipalName");
  const names: Readonly<Record<string, string>> = {
    name: username,
    email,
    mailNickname: user.text("mailNickname"),
    onPremisesSamAccountName: user.text("onPremisesSamAccountName"),
  };
  const preferredUsername = Object.hasOwn(names, preferredUsernameField) ? (names[preferredUsernameField] ?? "") : "";
  return { userId, username, preferredUsername, email, emailVerified: true };
}
