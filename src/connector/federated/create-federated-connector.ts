import type { FederatedConnectorConfiguration, FederatedUpstream } from "../../config/dex-connector-configuration.ts";
import type { Connector } from "../connector.ts";
import type { ConnectorDeps } from "../registry.ts";

/** A connector's place in the configuration, and its own options. */
export interface FederatedSettings<U extends FederatedUpstream> {
  readonly id: string;
  readonly name: string;
  readonly upstream: U;
}

/** Make a connector that derives what dex's connector of that type derives. Only the code of that type is loaded. */
export async function createFederatedConnector(
  deps: ConnectorDeps,
  { id, name, upstream }: FederatedConnectorConfiguration,
): Promise<Connector> {
  const common = { id, name };
  switch (upstream.type) {
    case "mockCallback":
      return (await import("./mock-callback.ts")).createMockCallbackConnector({ ...common, upstream });
    case "mockPassword":
      return (await import("./mock-password.ts")).createMockPasswordConnector({ ...common, upstream });
    case "authproxy":
      return (await import("./authproxy.ts")).createAuthproxyConnector({ ...common, upstream });
    case "oidc":
      return (await import("./oidc/oidc-connector.ts")).createOidcConnector(deps, { ...common, upstream });
    case "oauth":
      return (await import("./oauth/oauth-connector.ts")).createOAuthConnector(deps, { ...common, upstream });
    case "ldap":
      return (await import("./ldap/ldap-connector.ts")).createLdapConnector(deps, { ...common, upstream });
    case "saml":
      return (await import("./saml/saml-connector.ts")).createSamlConnector(deps, { ...common, upstream });
    case "keystone":
      return (await import("./keystone/keystone-connector.ts")).createKeystoneConnector(deps, { ...common, upstream });
    case "atlassian-crowd":
      return (await import("./atlassian-crowd/crowd-connector.ts")).createCrowdConnector(deps, { ...common, upstream });
    default:
      return createVendorConnector(deps, { ...common, upstream });
  }
}

type VendorUpstream = Extract<
  FederatedUpstream,
  { type: "github" | "gitlab" | "gitea" | "google" | "microsoft" | "linkedin" | "bitbucket-cloud" | "openshift" }
>;

async function createVendorConnector(
  deps: ConnectorDeps,
  { upstream, ...common }: FederatedSettings<VendorUpstream>,
): Promise<Connector> {
  switch (upstream.type) {
    case "github":
      return (await import("./github/github-connector.ts")).createGithubConnector(deps, { ...common, upstream });
    case "gitlab":
      return (await import("./gitlab/gitlab-connector.ts")).createGitlabConnector(deps, { ...common, upstream });
    case "gitea":
      return (await import("./gitea/gitea-connector.ts")).createGiteaConnector(deps, { ...common, upstream });
    case "google":
      return (await import("./google/google-connector.ts")).createGoogleConnector(deps, { ...common, upstream });
    case "microsoft":
      return (await import("./microsoft/microsoft-connector.ts")).createMicrosoftConnector(deps, {
        ...common,
        upstream,
      });
    case "linkedin":
      return (await import("./linkedin/linkedin-connector.ts")).createLinkedinConnector(deps, { ...common, upstream });
    case "bitbucket-cloud":
      return (await import("./bitbucket-cloud/bitbucket-connector.ts")).createBitbucketConnector(deps, {
        ...common,
        upstream,
      });
    case "openshift":
      return (await import("./openshift/openshift-connector.ts")).createOpenshiftConnector(deps, {
        ...common,
        upstream,
      });
  }
}
