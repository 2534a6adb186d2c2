import type {
  GoogleUpstream,
  LinkedinUpstream,
  MicrosoftUpstream,
  OpenshiftUpstream,
} from "../../dex-vendor-configuration.ts";
import { isTrueAt, listAt, mapAt, textAt } from "../config-object.ts";
import { scopesOr, promptTypeOf } from "./oidc.ts";
import { addressAt, type Opening, oauthClient, refuse, wordAt } from "./opening.ts";
import { trustOf } from "./pem.ts";

export function resolveGoogle(opening: Opening): GoogleUpstream {
  const { config } = opening;
  const adminEmail = textAt(config, "adminEmail");
  const domainToAdminEmail = {
    ...mapAt(config, "domainToAdminEmail"),
    ...(adminEmail === "" ? {} : { "*": adminEmail }),
  };
  const serviceAccountFile = textAt(config, "serviceAccountFilePath");
  if (serviceAccountFile !== "" && Object.keys(domainToAdminEmail).length === 0) {
    const message = "directory service requires the domainToAdminEmail option to be configured";
    refuse(opening, "serviceAccountFilePath", message, "Set domainToAdminEmail.");
  }
  return {
    type: "google",
    ...oauthClient(opening),
    scopes: scopesOr(opening, ["profile", "email"]),
    hostedDomains: listAt(config, "hostedDomains"),
    groups: listAt(config, "groups"),
    serviceAccountFile,
    domainToAdminEmail,
    fetchTransitiveGroupMembership: isTrueAt(config, "fetchTransitiveGroupMembership"),
    promptType: promptTypeOf(opening),
  };
}

export function resolveMicrosoft(opening: Opening): MicrosoftUpstream {
  const { config } = opening;
  const scopes = listAt(config, "scopes");
  return {
    type: "microsoft",
    ...oauthClient(opening),
    clientAssertionFile: textAt(config, "clientAssertion"),
    tenant: textAt(config, "tenant") || "common",
    onlySecurityGroups: isTrueAt(config, "onlySecurityGroups"),
    groups: listAt(config, "groups"),
    groupNameFormat: wordAt(opening, "groupNameFormat", ["name", "id"], (text) => `invalid groupNameFormat: ${text}`),
    useGroupsAsWhitelist: isTrueAt(config, "useGroupsAsWhitelist"),
    emailToLowercase: isTrueAt(config, "emailToLowercase"),
    batchGroupLookups: isTrueAt(config, "batchGroupLookups"),
    apiUrl: addressAt(opening, "apiURL", "https://login.microsoftonline.com"),
    graphUrl: addressAt(opening, "graphURL", "https://graph.microsoft.com"),
    promptType: textAt(config, "promptType"),
    domainHint: textAt(config, "domainHint"),
    scopes: scopes.length === 0 ? ["user.read"] : scopes,
    preferredUsernameField: textAt(config, "preferredUsernameField"),
  };
}

export function resolveLinkedin(opening: Opening): LinkedinUpstream {
  return { type: "linkedin", ...oauthClient(opening) };
}

export function resolveOpenshift(opening: Opening): OpenshiftUpstream {
  const { config } = opening;
  const trust = trustOf(opening, { authorities: "rootCA", skipVerify: "insecureCA" }, [textAt(config, "rootCA")]);
  return {
    type: "openshift",
    ...oauthClient(opening),
    issuer: textAt(config, "issuer"),
    groups: listAt(config, "groups"),
    ...(trust === undefined ? {} : { trust }),
  };
}
