import type { OAuthUpstream } from "../../src/config/dex-connector-configuration.ts";
import type {
  GoogleUpstream,
  MicrosoftUpstream,
  OpenshiftUpstream,
} from "../../src/config/dex-vendor-configuration.ts";
import { Secret } from "../../src/protocol/secret.ts";
import { TRANSACTION } from "./fake-vendor.ts";
import { VENDOR_OPTIONS } from "./vendor-site.ts";

/** Options of connectors in dex's rules, with dex's defaults, registered at the fakes for {@link TRANSACTION}. */

export function oauthUpstream(changed: Partial<OAuthUpstream> = {}): OAuthUpstream {
  return {
    type: "oauth",
    ...VENDOR_OPTIONS,
    tokenUrl: "https://oauth.example/token",
    authorizationUrl: "https://oauth.example/authorize",
    userinfoUrl: "https://oauth.example/me",
    scopes: [],
    userIdKey: "id",
    claimMapping: {
      username: "user_name",
      preferredUsername: "preferred_username",
      groups: "groups",
      email: "email",
      emailVerified: "email_verified",
    },
    ...changed,
  };
}

export function openshiftUpstream(changed: Partial<OpenshiftUpstream> = {}): OpenshiftUpstream {
  return { type: "openshift", ...VENDOR_OPTIONS, issuer: "https://api.cluster.example:6443", groups: [], ...changed };
}

export function microsoftUpstream(changed: Partial<MicrosoftUpstream> = {}): MicrosoftUpstream {
  return {
    type: "microsoft",
    ...VENDOR_OPTIONS,
    clientAssertionFile: "",
    tenant: "contoso",
    onlySecurityGroups: false,
    groups: [],
    groupNameFormat: "name",
    useGroupsAsWhitelist: false,
    emailToLowercase: false,
    batchGroupLookups: false,
    apiUrl: "https://login.microsoftonline.com",
    graphUrl: "https://graph.microsoft.com",
    promptType: "",
    domainHint: "",
    scopes: ["user.read"],
    preferredUsernameField: "",
    ...changed,
  };
}

export function googleUpstream(
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
  changed: Partial<GoogleUpstream> = {},
): GoogleUpstream {
  return {
    type: "google",
    clientId,
    clientSecret: new Secret(clientSecret),
    redirectUri: TRANSACTION.redirectUri,
    scopes: ["profile", "email"],
    hostedDomains: [],
    groups: [],
    serviceAccountFile: "",
    domainToAdminEmail: {},
    fetchTransitiveGroupMembership: false,
    promptType: "consent",
    ...changed,
  };
}
