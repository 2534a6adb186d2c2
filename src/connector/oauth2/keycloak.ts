import { requireText, textAt, textsAt } from "./json-field.ts";
import { bearer, endpointUrl } from "./oauth2-client.ts";
import type { PlainVendor } from "./plain-vendor.ts";
import { vendorIdentity } from "./vendor-identity.ts";

/**
 * Keycloak by its userinfo endpoint, without OpenID Connect. Kept for those who have it configured; `keycloak-oidc` proves more.
 * Its own endpoints are placeholders: Keycloak is wherever somebody runs it.
 */
export const keycloak: PlainVendor = {
  endpoints: {
    authorization: "https://keycloak.org/oauth/authorize",
    token: "https://keycloak.org/oauth/token",
    profile: "",
    validate: "https://keycloak.org/api/v3/user",
  },
  presentToken: bearer,
  needs: [],
  readIdentity: async (client, api) => {
    const what = "the userinfo endpoint's answer";
    const document = await api.get(what, endpointUrl(client, client.endpoints.profile === "" ? "validate" : "profile"));
    const preferredUsername = textAt(document, "preferred_username") ?? "";
    return vendorIdentity({
      userId: textAt(document, "user") || preferredUsername,
      preferredUsername,
      email: requireText(document, what, "email"),
      groups: textsAt(document, "groups"),
    });
  },
};
