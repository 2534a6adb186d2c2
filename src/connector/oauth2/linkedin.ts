import { requireText } from "./json-field.ts";
import { endpointUrl } from "./oauth2-client.ts";
import type { PlainVendor } from "./plain-vendor.ts";
import { vendorIdentity } from "./vendor-identity.ts";

/** @see https://learn.microsoft.com/linkedin/shared/integrations/people/primary-contact-api */
export const linkedin: PlainVendor = {
  endpoints: {
    authorization: "https://www.linkedin.com/oauth/v2/authorization",
    token: "https://www.linkedin.com/uas/oauth2/accessToken",
    profile: "https://api.linkedin.com/v2/emailAddress",
    validate: "https://api.linkedin.com/v2/me",
  },
  presentToken: (accessToken) => ({ Authorization: `Bearer ${accessToken}`, "x-li-format": "json" }),
  needs: ["profile"],
  readIdentity: async (client, api) => {
    const url = endpointUrl(client, "profile");
    url.search = "?q=members&projection=(elements*(handle~))";
    const document = await api.get("the list of addresses", url);
    return vendorIdentity({
      email: requireText(document, "the list of addresses", "elements", 0, "handle~", "emailAddress"),
    });
  },
};
