import type { GithubConnectorConfiguration } from "../../config/connector-configuration.ts";
import { denied } from "../oauth2/api-request.ts";
import { textAt } from "../oauth2/json-field.ts";
import type { PlainVendor } from "../oauth2/plain-vendor.ts";
import { vendorIdentity } from "../oauth2/vendor-identity.ts";
import { admitCollaborator, admitMember } from "./admission.ts";
import { ask, githubHeaders, listOf } from "./github-api.ts";
import { groupsOf, readMemberships } from "./memberships.ts";

/** @see https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
export const github: PlainVendor<GithubConnectorConfiguration> = {
  endpoints: {
    authorization: "https://github.com/login/oauth/authorize",
    token: "https://github.com/login/oauth/access_token",
    profile: "",
    validate: "https://api.github.com/",
  },
  presentToken: githubHeaders,
  needs: ["validate"],
  readIdentity: async (client, api) => {
    const memberships = await readMemberships(client, api);
    await admitMember(client, api, memberships);
    const email = primaryAddress(listOf(await ask(client, api, "the list of addresses", "user/emails")));
    const user = await ask(client, api, "the user", "user");
    const login = textAt(user, "login") ?? "";
    if (login === "") throw denied("the user has no login");
    await admitCollaborator(client, login);
    return vendorIdentity({
      userId: login,
      username: textAt(user, "name") ?? "",
      email,
      emailVerified: email !== "",
      groups: groupsOf(memberships),
    });
  },
};

/** The public address of a profile is not it: anybody may write any there. */
function primaryAddress(addresses: readonly Readonly<Record<string, unknown>>[]): string {
  return (
    textAt(
      addresses.find(({ primary, verified }) => primary === true && verified === true),
      "email",
    ) ?? ""
  );
}
