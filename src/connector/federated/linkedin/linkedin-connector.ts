import type { LinkedinUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { RedirectConnector } from "../../connector.ts";
import { denied } from "../../oauth2/api-request.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { readAnswer } from "../oauth-vendor/go-json.ts";
import { vendorApi, type VendorApi } from "../oauth-vendor/vendor-api.ts";
import { createVendorClient } from "../oauth-vendor/vendor-client.ts";
import { createVendorConnector, type VendorIdentity } from "../oauth-vendor/vendor-connector.ts";

const API = "https://api.linkedin.com/v2";

/** LinkedIn has no groups, and no refresh tokens for most applications: a login lasts as long as its access token, 60 days. */
export function createLinkedinConnector(
  deps: ConnectorDeps,
  settings: FederatedSettings<LinkedinUpstream>,
): RedirectConnector {
  const client = createVendorClient(deps, settings, {
    authorization: "https://www.linkedin.com/oauth/v2/authorization",
    token: "https://www.linkedin.com/oauth/v2/accessToken",
  });
  return createVendorConnector(client, {
    type: "linkedin",
    scopes: () => ["r_liteprofile", "r_emailaddress"],
    identify: (accessToken) => identify(vendorApi(client, accessToken)),
    stored: ({ accessToken }) => ({ accessToken }),
  });
}

async function identify(api: VendorApi): Promise<VendorIdentity> {
  const profile = readAnswer(await api.get("the profile", `${API}/me`), "the profile");
  const userId = profile.text("id");
  if (userId === "") throw untrusted("the profile has no id");
  const email = await findAddress(api);
  const name = `${profile.text("localizedFirstName")} ${profile.text("localizedLastName")}`.trim();
  return { userId, username: name || email, preferredUsername: "", email, emailVerified: true };
}

/** @throws {ConnectorError} `denied` when there is none. */
async function findAddress(api: VendorApi): Promise<string> {
  const what = "the address";
  const document = await api.get(what, `${API}/emailAddress?q=members&projection=(elements*(handle~))`);
  const addresses = readAnswer(document, what).objects("elements");
  const email = addresses.at(-1)?.object("handle~").text("emailAddress") ?? "";
  if (email === "") throw denied("the user has no address");
  return email;
}
