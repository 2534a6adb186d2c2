import { askForJson } from "./api-request.ts";
import { requireText } from "./json-field.ts";
import { bearer, endpointUrl, withToken } from "./oauth2-client.ts";
import type { PlainVendor } from "./plain-vendor.ts";
import { vendorIdentity } from "./vendor-identity.ts";

/** SourceHut says who somebody is by GraphQL. @see https://man.sr.ht/meta.sr.ht/oauth.md, https://man.sr.ht/graphql.md */
export const sourcehut: PlainVendor = {
  endpoints: {
    authorization: "https://meta.sr.ht/oauth2/authorize",
    token: "https://meta.sr.ht/oauth2/access-token",
    profile: "https://meta.sr.ht/query",
    validate: "https://meta.sr.ht/profile",
  },
  presentToken: bearer,
  needs: ["profile"],
  readIdentity: async (client, api) => {
    const what = "the profile";
    const request = withToken(client, endpointUrl(client, "profile"), api.accessToken);
    const json = '{"query": "{ me { username, email } }"}';
    const document = await askForJson(client.fetch, { what, ...request, json });
    const email = requireText(document, what, "data", "me", "email");
    const username = requireText(document, what, "data", "me", "username");
    return vendorIdentity({ email, userId: username, preferredUsername: username });
  },
};
