import type { GitlabUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { RedirectConnector, WantedParts } from "../../connector.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { readAnswer } from "../oauth-vendor/go-json.ts";
import { vendorApi, type VendorApi } from "../oauth-vendor/vendor-api.ts";
import { createVendorClient } from "../oauth-vendor/vendor-client.ts";
import { createVendorConnector, type VendorIdentity } from "../oauth-vendor/vendor-connector.ts";
import { exchangeToken } from "./exchange-token.ts";
import { findGroups } from "./find-groups.ts";

/** @see https://docs.gitlab.com/api/oauth2/ */
export function createGitlabConnector(
  deps: ConnectorDeps,
  settings: FederatedSettings<GitlabUpstream>,
): RedirectConnector {
  const { upstream } = settings;
  const { baseUrl } = upstream;
  const client = createVendorClient(deps, settings, {
    authorization: `${baseUrl}/oauth/authorize`,
    token: `${baseUrl}/oauth/token`,
  });
  const identifyBy = (accessToken: string, wants: WantedParts): Promise<VendorIdentity> =>
    identify(upstream, vendorApi(client, accessToken), wants);
  return {
    ...createVendorConnector(client, {
      type: "gitlab",
      scopes: (wants) => scopesOf(upstream, wants),
      identify: identifyBy,
      stored: ({ accessToken, refreshToken = "" }) => ({ accessToken, refreshToken }),
      alwaysRenews: true,
    }),
    exchangeToken: ({ token }) => exchangeToken(client, { baseUrl, token }, identifyBy),
  };
}

function scopesOf(upstream: GitlabUpstream, wants: WantedParts): readonly string[] {
  if (!needsGroups(upstream, wants)) return ["read_user"];
  return ["read_user", "openid", ...(upstream.inheritedGroups ? ["read_api"] : [])];
}

async function identify(upstream: GitlabUpstream, api: VendorApi, wants: WantedParts): Promise<VendorIdentity> {
  const document = await api.get("the user", `${upstream.baseUrl}/api/v4/user`);
  const user = readAnswer(document, "the user");
  const login = user.text("username");
  const id = user.number("id");
  if (login === "" || id === 0) throw untrusted("the user has no id or username");
  const email = user.text("email");
  return {
    userId: upstream.useLoginAsId ? login : String(id),
    username: user.text("name") || email,
    preferredUsername: login,
    email,
    emailVerified: !user.isNull("confirmed_at"),
    ...(needsGroups(upstream, wants) && { groups: await findGroups(upstream, api, id) }),
  };
}

/** What is configured is enforced, also for a client that does not want to know groups. */
function needsGroups({ groups }: GitlabUpstream, wants: WantedParts): boolean {
  return groups.length > 0 || wants.groups;
}
