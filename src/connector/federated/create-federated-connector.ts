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
  { upstream, ...common }: FederatedConnectorConfiguration,
): Promise<Connector> {
  const create = await CREATORS[upstream.type]();
  // The table pairs each type with what makes it; the checker cannot follow a key through it.
  return (create as Create<FederatedUpstream>)(deps, { ...common, upstream });
}

type Create<U extends FederatedUpstream> = (deps: ConnectorDeps, settings: FederatedSettings<U>) => Connector;

type Creators = {
  readonly [Type in FederatedUpstream["type"]]: () => Promise<
    Create<Extract<FederatedUpstream, { readonly type: Type }>>
  >;
};

const CREATORS: Creators = {
  mockCallback: async () => {
    const { createMockCallbackConnector } = await import("./mock-callback.ts");
    return (_deps, settings) => createMockCallbackConnector(settings);
  },
  mockPassword: async () => {
    const { createMockPasswordConnector } = await import("./mock-password.ts");
    return (_deps, settings) => createMockPasswordConnector(settings);
  },
  authproxy: async () => {
    const { createAuthproxyConnector } = await import("./authproxy.ts");
    return (_deps, settings) => createAuthproxyConnector(settings);
  },
  oidc: async () => (await import("./oidc/oidc-connector.ts")).createOidcConnector,
  oauth: async () => (await import("./oauth/oauth-connector.ts")).createOAuthConnector,
  ldap: async () => (await import("./ldap/ldap-connector.ts")).createLdapConnector,
  saml: async () => (await import("./saml/saml-connector.ts")).createSamlConnector,
  keystone: async () => (await import("./keystone/keystone-connector.ts")).createKeystoneConnector,
  "atlassian-crowd": async () => (await import("./atlassian-crowd/crowd-connector.ts")).createCrowdConnector,
  github: async () => (await import("./github/github-connector.ts")).createGithubConnector,
  gitlab: async () => (await import("./gitlab/gitlab-connector.ts")).createGitlabConnector,
  gitea: async () => (await import("./gitea/gitea-connector.ts")).createGiteaConnector,
  google: async () => (await import("./google/google-connector.ts")).createGoogleConnector,
  microsoft: async () => (await import("./microsoft/microsoft-connector.ts")).createMicrosoftConnector,
  linkedin: async () => (await import("./linkedin/linkedin-connector.ts")).createLinkedinConnector,
  "bitbucket-cloud": async () => (await import("./bitbucket-cloud/bitbucket-connector.ts")).createBitbucketConnector,
  openshift: async () => (await import("./openshift/openshift-connector.ts")).createOpenshiftConnector,
};
