import type { OpenshiftUpstream } from "../../../config/dex-vendor-configuration.ts";
import type { Identity } from "../../../protocol/identity.ts";
import type { RedirectConnector } from "../../connector.ts";
import { denied } from "../../oauth2/api-request.ts";
import { BackgroundDocument, systemSchedule } from "../../oidc/background-document.ts";
import { fetchDocument } from "../../oidc/discovery.ts";
import { endpoint } from "../../oidc/provider-metadata.ts";
import { type Fetch, isRecord, untrusted } from "../../oidc/upstream-request.ts";
import type { ConnectorDeps } from "../../registry.ts";
import type { FederatedSettings } from "../create-federated-connector.ts";
import { readAnswer } from "../oauth-vendor/go-json.ts";
import { vendorApi } from "../oauth-vendor/vendor-api.ts";
import { createVendorClient, type VendorClient, type VendorEndpoints } from "../oauth-vendor/vendor-client.ts";
import { createVendorConnector, type VendorBehaviour } from "../oauth-vendor/vendor-connector.ts";
import { readGoToken, writeGoToken } from "./go-token.ts";

/** OpenShift's own OAuth server, in dex's rules (its reference §8.13). It is discovered in the background until `close`. */
export function createOpenshiftConnector(
  deps: ConnectorDeps,
  settings: FederatedSettings<OpenshiftUpstream>,
): RedirectConnector {
  const { upstream } = settings;
  const issuer = upstream.issuer.replace(/\/$/, "");
  const client = createVendorClient(deps, settings, { authorization: "", token: "" });
  const { random = Math.random } = deps;
  const discovery = new BackgroundDocument({ ...client, random, schedule: systemSchedule }, (fetch) =>
    discover(fetch, issuer),
  );
  const behaviour = behaviourAt(client, issuer, upstream);
  const connect = async (): Promise<ReturnType<typeof createVendorConnector>> =>
    createVendorConnector({ ...client, endpoints: await discovery.get() }, behaviour);
  return {
    ...createVendorConnector(client, behaviour),
    status: () => discovery.status(),
    authorizationUrl: async (login) => (await connect()).authorizationUrl(login),
    redeem: async (callback, login) => (await connect()).redeem(callback, login),
    refresh: async (login, wants) => (await connect()).refresh(login, wants),
    close: () => discovery.close(),
  };
}

/** @see RFC 8414 §3 */
async function discover(fetch: Fetch, issuer: string): Promise<VendorEndpoints> {
  const document = await fetchDocument(fetch, `${issuer}/.well-known/oauth-authorization-server`);
  if (!isRecord(document)) throw new Error("the discovery document is not a JSON object");
  const required = (name: string): string => {
    const url = endpoint(document, name, issuer);
    if (url === undefined) throw new Error(`the discovery document has no ${name}`);
    return url;
  };
  return { authorization: required("authorization_endpoint"), token: required("token_endpoint") };
}

function behaviourAt(client: VendorClient, issuer: string, { groups }: OpenshiftUpstream): VendorBehaviour {
  return {
    type: "openshift",
    scopes: () => ["user:info"],
    identify: async (accessToken) => {
      const url = `${issuer}/apis/user.openshift.io/v1/users/~`;
      const identity = readUser(await vendorApi(client, accessToken).get("OpenShift's user", url));
      const isAdmitted = groups.length === 0 || identity.groups.some((group) => groups.includes(group));
      if (!isAdmitted) throw denied("in none of the required groups");
      return identity;
    },
    stored: writeGoToken,
    readStored: readGoToken,
  };
}

/** OpenShift tells no address: dex has always put the user's name in its place. */
function readUser(document: unknown): Identity {
  const user = readAnswer(document, "OpenShift's user");
  const userId = user.object("metadata").text("uid");
  const name = user.object("metadata").text("name");
  if (userId === "") throw untrusted("OpenShift's user has no uid");
  return {
    userId,
    username: name,
    preferredUsername: name,
    email: name,
    emailVerified: false,
    groups: user.texts("groups"),
  };
}
