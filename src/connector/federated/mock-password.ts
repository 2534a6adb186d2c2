import type { MockPasswordUpstream } from "../../config/dex-connector-configuration.ts";
import { constantTimeEquals } from "../../crypto/equals.ts";
import type { Login } from "../../protocol/identity.ts";
import type { PasswordConnector } from "../connector.ts";
import type { FederatedSettings } from "./create-federated-connector.ts";
import { KILGORE } from "./mock-identity.ts";

const LOGIN: Login = {
  identity: KILGORE,
  tokens: {},
  connectorData: new TextEncoder().encode('{"test": "true"}'),
};

/** For trials: one user name and password, always the same person (dex reference §8.17). */
export function createMockPasswordConnector(settings: FederatedSettings<MockPasswordUpstream>): PasswordConnector {
  const { id, name, upstream } = settings;
  return {
    kind: "password",
    type: "mockPassword",
    id,
    name,
    prompt: "Username",
    status: () => ({ reachable: true }),
    login: async ({ username, password }) => {
      const isUser = constantTimeEquals(username, upstream.username);
      const isPassword = constantTimeEquals(password, upstream.password.reveal());
      return isUser && isPassword ? LOGIN : undefined;
    },
    refresh: async () => LOGIN,
  };
}
