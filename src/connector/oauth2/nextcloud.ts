import { denied } from "./api-request.ts";
import { requireText, textsAt } from "./json-field.ts";
import { bearer, endpointUrl } from "./oauth2-client.ts";
import type { PlainVendor } from "./plain-vendor.ts";
import { vendorIdentity } from "./vendor-identity.ts";

/**
 * Nextcloud, wherever somebody runs it: all its endpoints are configured.
 * @see https://docs.nextcloud.com/server/latest/developer_manual/client_apis/OCS/
 */
export const nextcloud: PlainVendor = {
  endpoints: { authorization: "", token: "", profile: "", validate: "" },
  presentToken: bearer,
  needs: ["validate"],
  readIdentity: async (client, api) => {
    const what = "the user's data";
    const document = await api.get(what, endpointUrl(client, client.endpoints.profile === "" ? "validate" : "profile"));
    const userId = requireText(document, what, "ocs", "data", "id");
    if (userId === "") throw denied("the user has no id");
    return vendorIdentity({
      userId,
      email: requireText(document, what, "ocs", "data", "email"),
      groups: textsAt(document, "ocs", "data", "groups"),
    });
  },
};
