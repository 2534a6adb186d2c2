import type { GithubUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { RedirectConnector, WantedParts } from "../../connector.ts";
import { untrusted } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { readAnswer } from "../oauth-vendor/go-json.ts";
import { storedTokens } from "../oauth-vendor/stored-tokens.ts";
import { vendorApi } from "../oauth-vendor/vendor-api.ts";
import { createVendorClient } from "../oauth-vendor/vendor-client.ts";
import { createVendorConnector, type VendorIdentity } from "../oauth-vendor/vendor-connector.ts";
import { findAddress } from "./find-address.ts";
import { findGroups } from "./find-groups.ts";
import type { GithubApi } from "./github-api.ts";

/** @see https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
export function createGithubConnector(
  deps: ConnectorDeps,
  settings: FederatedSettings<GithubUpstream>,
): RedirectConnector {
  const { upstream } = settings;
  const { hostName } = upstream;
  const host = `https://${hostName || "github.com"}`;
  const base = hostName === "" ? "https://api.github.com" : `${host}/api/v3`;
  const client = createVendorClient(deps, settings, {
    authorization: `${host}/login/oauth/authorize`,
    token: `${host}/login/oauth/access_token`,
  });
  return createVendorConnector(client, {
    type: "github",
    scopes: (wants) => (needsGroups(upstream, wants) ? ["user:email", "read:org"] : ["user:email"]),
    identify: (accessToken, wants) => {
      const api = vendorApi(client, accessToken, { "X-GitHub-Api-Version": "2022-11-28" });
      return identify(upstream, { ...api, base }, wants);
    },
    stored: storedForGithub,
  });
}

async function identify(upstream: GithubUpstream, api: GithubApi, wants: WantedParts): Promise<VendorIdentity> {
  const user = readAnswer(await api.get("the user", `${api.base}/user`), "the user");
  const login = user.text("login");
  const id = user.number("id");
  if (login === "" || id === 0) throw untrusted("the user has no id or login");
  const publicAddress = user.text("email");
  const email =
    publicAddress === "" || upstream.preferredEmailDomain !== "" ? await findAddress(upstream, api) : publicAddress;
  return {
    userId: upstream.useLoginAsId ? login : String(id),
    username: user.text("name") || login,
    preferredUsername: login,
    email,
    emailVerified: true,
    ...(needsGroups(upstream, wants) && { groups: await findGroups(upstream, api, { login, wants }) }),
  };
}

/** What is configured is enforced, also for a client that does not want to know groups. */
function needsGroups({ orgs, org }: GithubUpstream, wants: WantedParts): boolean {
  return orgs.length > 0 || org !== "" || wants.groups;
}

/** Tokens of OAuth applications last; those of GitHub applications end and come with a refresh token. */
function storedForGithub(tokens: Parameters<typeof storedTokens>[0]): Readonly<Record<string, unknown>> {
  const { accessToken, refreshToken, expiry } = storedTokens(tokens);
  return { accessToken, ...(refreshToken !== "" && { refreshToken }), expiry };
}
