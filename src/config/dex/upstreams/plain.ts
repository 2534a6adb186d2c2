import { Secret } from "../../../protocol/secret.ts";
import type {
  AtlassianCrowdUpstream,
  AuthproxyUpstream,
  KeystoneUpstream,
  MockPasswordUpstream,
} from "../../dex-connector-configuration.ts";
import { listAt, textAt } from "../config-object.ts";
import { addressAt, type Opening, require } from "./opening.ts";

export function resolveCrowd(opening: Opening): AtlassianCrowdUpstream {
  const { config } = opening;
  require(opening, "baseURL", "crowd: no baseURL provided for crowd connector");
  return {
    type: "atlassian-crowd",
    baseUrl: addressAt(opening, "baseURL", ""),
    clientId: textAt(config, "clientID"),
    clientSecret: new Secret(textAt(config, "clientSecret")),
    groups: listAt(config, "groups"),
    preferredUsernameField: textAt(config, "preferredUsernameField"),
    usernamePrompt: textAt(config, "usernamePrompt") || "Username",
  };
}

export function resolveKeystone({ config }: Opening): KeystoneUpstream {
  return {
    type: "keystone",
    domain: textAt(config, "domain"),
    host: textAt(config, "keystoneHost"),
    username: textAt(config, "keystoneUsername"),
    password: new Secret(textAt(config, "keystonePassword")),
  };
}

export function resolveAuthproxy({ config }: Opening): AuthproxyUpstream {
  return {
    type: "authproxy",
    userIdHeader: textAt(config, "userIDHeader") || "X-Remote-User-Id",
    userHeader: textAt(config, "userHeader") || "X-Remote-User",
    userNameHeader: textAt(config, "userNameHeader") || "X-Remote-User-Name",
    emailHeader: textAt(config, "emailHeader") || "X-Remote-User-Email",
    groupHeader: textAt(config, "groupHeader") || "X-Remote-Group",
    groupHeaderSeparator: textAt(config, "groupHeaderSeparator") || ",",
    staticGroups: listAt(config, "staticGroups"),
  };
}

export function resolveMockPassword(opening: Opening): MockPasswordUpstream {
  const { config } = opening;
  require(opening, "username", "no username supplied");
  require(opening, "password", "no password supplied");
  return {
    type: "mockPassword",
    username: textAt(config, "username"),
    password: new Secret(textAt(config, "password")),
  };
}
