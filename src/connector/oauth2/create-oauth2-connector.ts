import type {
  BitbucketConnectorConfiguration,
  GithubConnectorConfiguration,
  GoogleConnectorConfiguration,
  LoginGovConnectorConfiguration,
  OAuth2Options,
  PlainOAuth2ConnectorConfiguration,
} from "../../config/connector-configuration.ts";
import type { RedirectConnector } from "../connector.ts";
import { createOAuth2Client, type OAuth2Deps } from "./oauth2-client.ts";
import { createRedirectConnector, redeemAndAsk } from "./oauth2-connector.ts";
import type { PlainVendor } from "./plain-vendor.ts";

export type OAuth2ConnectorConfiguration =
  | PlainOAuth2ConnectorConfiguration
  | BitbucketConnectorConfiguration
  | GithubConnectorConfiguration
  | GoogleConnectorConfiguration
  | LoginGovConnectorConfiguration;

/**
 * Make the connector of a vendor that speaks OAuth 2.0. Only that vendor's code is loaded.
 *
 * @throws {Error} when a key or a file that the vendor needs is not usable; it names the option.
 */
export async function createOAuth2Connector(
  deps: OAuth2Deps,
  configuration: OAuth2ConnectorConfiguration,
): Promise<RedirectConnector> {
  switch (configuration.type) {
    case "bitbucket":
      return plain(deps, configuration, (await import("./bitbucket.ts")).bitbucket);
    case "github":
      return plain(deps, configuration, (await import("../github/github.ts")).github);
    case "google":
      return (await import("../google/google-connector.ts")).createGoogleConnector(deps, configuration);
    case "login.gov":
      return (await import("../login-gov/login-gov-connector.ts")).createLoginGovConnector(deps, configuration);
    default:
      return plain(deps, configuration, await PLAIN[configuration.type]());
  }
}

const PLAIN: Readonly<Record<PlainOAuth2ConnectorConfiguration["type"], () => Promise<PlainVendor>>> = {
  digitalocean: async () => (await import("./digitalocean.ts")).digitalocean,
  facebook: async () => (await import("./facebook.ts")).facebook,
  keycloak: async () => (await import("./keycloak.ts")).keycloak,
  linkedin: async () => (await import("./linkedin.ts")).linkedin,
  nextcloud: async () => (await import("./nextcloud.ts")).nextcloud,
  sourcehut: async () => (await import("./sourcehut.ts")).sourcehut,
};

function plain<Configuration extends OAuth2Options & { readonly type: string }>(
  deps: OAuth2Deps,
  configuration: Configuration,
  vendor: PlainVendor<Configuration>,
): RedirectConnector {
  const client = createOAuth2Client(deps, configuration, vendor.endpoints, vendor.presentToken);
  return createRedirectConnector(client, configuration.type, {
    needs: vendor.needs,
    redeem: (code, login) => redeemAndAsk(client, code, login, (api) => vendor.readIdentity(client, api)),
  });
}
