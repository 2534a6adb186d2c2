import type { MockCallbackUpstream } from "../../config/dex-connector-configuration.ts";
import type { Login } from "../../protocol/identity.ts";
import type { RedirectConnector } from "../connector.ts";
import type { FederatedSettings } from "./create-federated-connector.ts";
import { KILGORE } from "./mock-identity.ts";

const LOGIN: Login = {
  identity: { ...KILGORE, groups: ["authors"] },
  tokens: {},
  connectorData: new TextEncoder().encode("foobar"),
};

/** For trials: whoever comes is always the same person, without being asked (dex reference §8.17). */
export function createMockCallbackConnector({ id, name }: FederatedSettings<MockCallbackUpstream>): RedirectConnector {
  return {
    kind: "redirect",
    type: "mockCallback",
    id,
    name,
    status: () => ({ reachable: true }),
    authorizationUrl: async ({ redirectUri, state }) => {
      const url = new URL(redirectUri);
      url.searchParams.set("state", state);
      return url;
    },
    redeem: async () => LOGIN,
    refresh: async () => LOGIN,
    exchangeToken: async () => LOGIN,
  };
}
