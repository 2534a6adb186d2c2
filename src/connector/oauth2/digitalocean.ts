import { requireText, fieldAt } from "./json-field.ts";
import { bearer, endpointUrl } from "./oauth2-client.ts";
import type { PlainVendor } from "./plain-vendor.ts";
import { refuseUnverified, vendorIdentity } from "./vendor-identity.ts";

/** @see https://docs.digitalocean.com/reference/api/oauth/ and "Retrieve Account Information" of its API. */
export const digitalocean: PlainVendor = {
  endpoints: {
    authorization: "https://cloud.digitalocean.com/v1/oauth/authorize",
    token: "https://cloud.digitalocean.com/v1/oauth/token",
    profile: "https://api.digitalocean.com/v2/account",
    validate: "https://api.digitalocean.com/v2/account",
  },
  presentToken: bearer,
  needs: ["profile"],
  readIdentity: async (client, api) => {
    const document = await api.get("the account", endpointUrl(client, "profile"));
    const email = requireText(document, "the account", "account", "email");
    const verified = fieldAt(document, ["account", "email_verified"]);
    refuseUnverified(client.configuration, verified);
    return vendorIdentity({ email, emailVerified: verified === true });
  },
};
