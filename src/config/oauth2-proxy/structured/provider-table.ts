/** How a provider's upstream is spoken to: by OpenID Connect, or by OAuth 2.0 and an API of the vendor's. */
export interface ProviderKind {
  /** What people read. */
  readonly name: string;
  readonly protocol: "oidc" | "oauth2";
  /** Asked for when nothing else is configured. */
  readonly scope: string;
}

const OIDC_SCOPE = "openid email profile";

/** The original's providers by their type. */
export const PROVIDERS = {
  adfs: { name: "ADFS", protocol: "oidc", scope: OIDC_SCOPE },
  azure: { name: "Azure", protocol: "oidc", scope: "openid" },
  bitbucket: { name: "Bitbucket", protocol: "oauth2", scope: "email" },
  cidaas: { name: "CIDAAS", protocol: "oidc", scope: "openid email profile roles groups" },
  digitalocean: { name: "DigitalOcean", protocol: "oauth2", scope: "read" },
  "entra-id": { name: "Microsoft Entra ID", protocol: "oidc", scope: OIDC_SCOPE },
  facebook: { name: "Facebook", protocol: "oauth2", scope: "public_profile email" },
  github: { name: "GitHub", protocol: "oauth2", scope: "user:email read:org" },
  gitlab: { name: "GitLab", protocol: "oidc", scope: "openid email" },
  google: { name: "Google", protocol: "oauth2", scope: "profile email" },
  keycloak: { name: "Keycloak", protocol: "oauth2", scope: "api" },
  "keycloak-oidc": { name: "Keycloak OIDC", protocol: "oidc", scope: OIDC_SCOPE },
  linkedin: { name: "LinkedIn", protocol: "oauth2", scope: "r_emailaddress r_liteprofile" },
  "login.gov": { name: "login.gov", protocol: "oauth2", scope: "email openid" },
  nextcloud: { name: "Nextcloud", protocol: "oauth2", scope: "" },
  oidc: { name: "OpenID Connect", protocol: "oidc", scope: OIDC_SCOPE },
  sourcehut: { name: "SourceHut", protocol: "oauth2", scope: "meta.sr.ht/PROFILE:RO" },
} as const satisfies Readonly<Record<string, ProviderKind>>;

export type ProviderType = keyof typeof PROVIDERS;

export function isProviderType(type: string): type is ProviderType {
  return Object.hasOwn(PROVIDERS, type);
}

/** These ask for the scope `groups` too when groups are needed to enter. */
const ASKS_FOR_GROUPS: readonly string[] = ["oidc", "entra-id", "keycloak-oidc"];

/** What is asked for when the options say nothing. */
export function defaultScope(type: ProviderType, allowedGroups: readonly string[]): string {
  const groups = ASKS_FOR_GROUPS.includes(type) && allowedGroups.some((group) => group !== "") ? " groups" : "";
  return `${PROVIDERS[type].scope}${groups}`;
}
