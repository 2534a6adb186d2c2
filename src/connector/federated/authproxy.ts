import type { AuthproxyUpstream } from "../../config/dex-connector-configuration.ts";
import type { Login } from "../../protocol/identity.ts";
import { ConnectorError } from "../connector-error.ts";
import type { RedirectConnector } from "../connector.ts";
import type { FederatedSettings } from "./create-federated-connector.ts";

/**
 * A proxy in front of us asks people who they are before it lets them to `/callback/{connector}`, and says so in headers (dex
 * reference §8.14). It must take those headers away from everybody else.
 */
export function createAuthproxyConnector(settings: FederatedSettings<AuthproxyUpstream>): RedirectConnector {
  const { id, name, upstream } = settings;
  const { userHeader, userNameHeader, userIdHeader, emailHeader, groupHeader } = upstream;
  return {
    kind: "redirect",
    type: "authproxy",
    id,
    name,
    status: () => ({ reachable: true }),
    callbackHeaders: [userHeader, userNameHeader, userIdHeader, emailHeader, groupHeader].map((header) =>
      header.toLowerCase(),
    ),
    authorizationUrl: async ({ redirectUri, state }) => {
      const url = new URL(redirectUri);
      url.pathname += `/${encodeURIComponent(id)}`;
      url.searchParams.set("state", state);
      return url;
    },
    redeem: async (_callback, _login, headers = {}) => loginOf(upstream, headers),
  };
}

function loginOf(upstream: AuthproxyUpstream, headers: Readonly<Record<string, string>>): Login {
  const valueOf = (header: string): string => textOf(headers[header.toLowerCase()] ?? "");
  const user = valueOf(upstream.userHeader);
  if (user === "") {
    const cause = new Error(`the request has no header ${upstream.userHeader}`);
    throw new ConnectorError("untrusted", "The proxy in front of this service did not say who you are.", cause);
  }
  const groups = valueOf(upstream.groupHeader);
  const listed = groups === "" ? [] : groups.split(upstream.groupHeaderSeparator).map((group) => group.trim());
  return {
    identity: {
      userId: valueOf(upstream.userIdHeader) || user,
      username: user,
      preferredUsername: valueOf(upstream.userNameHeader) || user,
      email: valueOf(upstream.emailHeader) || user,
      emailVerified: true,
      groups: [...listed, ...upstream.staticGroups],
    },
    tokens: {},
  };
}

/** Proxies send names in UTF-8, which arrives here as one character a byte. What is no UTF-8 stays as it is. */
function textOf(bytes: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(bytes, "latin1"));
  } catch {
    return bytes;
  }
}
