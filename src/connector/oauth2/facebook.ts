import { denied } from "./api-request.ts";
import { textAt } from "./json-field.ts";
import { bearer, endpointUrl } from "./oauth2-client.ts";
import type { PlainVendor } from "./plain-vendor.ts";
import { vendorIdentity } from "./vendor-identity.ts";

const PROFILE = "https://graph.facebook.com/v2.5/me";

/**
 * Facebook. People may keep their address to themselves; they cannot sign in then.
 * @see https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
 */
export const facebook: PlainVendor = {
  endpoints: {
    authorization: "https://www.facebook.com/v2.5/dialog/oauth",
    token: "https://graph.facebook.com/v2.5/oauth/access_token",
    profile: PROFILE,
    validate: PROFILE,
  },
  presentToken: bearer,
  needs: ["profile"],
  readIdentity: async (client, api) => {
    const url = endpointUrl(client, "profile");
    url.search = [url.search.slice(1), "fields=name,email"].filter((part) => part !== "").join("&");
    const document = await api.get("the profile", url);
    const email = textAt(document, "email") ?? "";
    if (email === "") throw denied("the profile has no e-mail address");
    return vendorIdentity({ email, username: textAt(document, "name") ?? "" });
  },
};
