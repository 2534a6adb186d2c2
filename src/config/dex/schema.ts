/** `strings` is a list; `map` holds text under free keys; `variant` depends on the `type` beside it. */
export type DexType = "string" | "bool" | "duration" | "strings" | "map" | "any" | "variant";

/**
 * `supported`: honoured. `notYet`: refused when set to anything but its default, never silently ignored.
 * `accepted`: may be set, and changes nothing, for the reason given.
 */
export type DexStatus = "supported" | "notYet" | { readonly accepted: string };

/** One key of dex's configuration. */
export interface DexKey {
  /** Dots descend, `[]` is any item of a list. Matched without regard to case. */
  readonly path: string;
  readonly type: DexType;
  /** As it would be written; absent = empty, false, none. */
  readonly default?: string;
  /** One line. */
  readonly doc: string;
  readonly status: DexStatus;
}

type Rest = Partial<Pick<DexKey, "default" | "status">>;

const key = (path: string, type: DexType, doc: string, rest: Rest = {}): DexKey => ({
  path,
  type,
  doc,
  status: "notYet",
  ...rest,
});

/** A key that is honoured. */
const yes = (path: string, type: DexType, doc: string, initial?: string): DexKey =>
  key(path, type, doc, { status: "supported", ...(initial === undefined ? {} : { default: initial }) });

/** Keys of the whole file, in the order of the reference page. */
export const DEX_KEYS: readonly DexKey[] = [
  yes("issuer", "string", "Address of the provider, `iss` of its tokens; its path prefixes every endpoint."),

  yes("storage.type", "string", "Where things are kept: `sqlite3` or `memory`."),
  yes("storage.config", "variant", "Settings of that storage."),

  yes("web.http", "string", "Where to listen: `host:port`."),
  key("web.https", "string", "Where to listen with TLS."),
  key("web.tlsCert", "string", "PEM file with the certificate chain."),
  key("web.tlsKey", "string", "PEM file with the private key."),
  key("web.tlsMinVersion", "string", "Oldest TLS version: `1.2` or `1.3`.", { default: "1.2" }),
  key("web.tlsMaxVersion", "string", "Newest TLS version: `1.2` or `1.3`."),
  key("web.headers", "any", "Security headers to add to answers."),
  key("web.allowedOrigins", "strings", "Origins that scripts may ask from (CORS)."),
  key("web.allowedHeaders", "strings", "Request headers that such scripts may send.", { default: "Authorization" }),
  key("web.clientRemoteIP.header", "string", "Header that carries the client's address."),
  key("web.clientRemoteIP.trustedProxies", "strings", "Whose header is believed."),

  yes("telemetry.http", "string", "Where to listen for metrics and health checks."),
  key("telemetry.enableProfiling", "bool", "Profiles at `/debug/pprof/`."),

  key("grpc.addr", "string", "Where the gRPC API listens."),
  key("grpc.tlsCert", "string", "PEM file with its certificate chain."),
  key("grpc.tlsKey", "string", "PEM file with its private key."),
  key("grpc.tlsClientCA", "string", "PEM file with the authority of its clients' certificates."),
  key("grpc.tlsMinVersion", "string", "Oldest TLS version: `1.2` or `1.3`.", { default: "1.2" }),
  key("grpc.tlsMaxVersion", "string", "Newest TLS version: `1.2` or `1.3`."),
  key("grpc.reflection", "bool", "Let clients ask for the API's description."),

  yes("expiry.idTokens", "duration", "Lifetime of ID and access tokens.", "24h"),
  yes("expiry.authRequests", "duration", "How long a sign-in may take.", "24h"),
  key("expiry.deviceRequests", "duration", "How long a device may wait for its sign-in.", {
    default: "5m",
    status: { accepted: "There is no device flow yet, so nothing waits." },
  }),
  yes("expiry.signingKeys", "duration", "How long a key signs (deprecated; only without `signer`).", "6h"),
  yes("expiry.refreshTokens.disableRotation", "bool", "Answer a refresh with the same refresh token."),
  yes("expiry.refreshTokens.reuseInterval", "duration", "How long a replaced refresh token still works.", "0s"),
  yes("expiry.refreshTokens.absoluteLifetime", "duration", "Lifetime of refresh tokens; 0 = for ever.", "0s"),
  yes("expiry.refreshTokens.validIfNotUsedFor", "duration", "How long they last unused; 0 = for ever.", "0s"),

  yes("oauth2.grantTypes", "strings", "Allowed grants. Only `authorization_code` and `refresh_token` together."),
  yes("oauth2.responseTypes", "strings", "Allowed response types. Only `code`.", "code"),
  yes("oauth2.skipApprovalScreen", "bool", "Do not ask whether the client may sign the user in."),
  yes("oauth2.alwaysShowLoginScreen", "bool", "Offer the choice of connectors even when there is one only."),
  key("oauth2.passwordConnector", "string", "Connector of the password grant."),
  yes("oauth2.pkce.enforce", "bool", "Refuse clients that use no PKCE."),
  yes("oauth2.pkce.codeChallengeMethodsSupported", "strings", "PKCE methods to accept.", "S256,plain"),

  yes("logger.level", "string", "`debug`, `info`, `warn` or `error`.", "info"),
  yes("logger.format", "string", "`text` or `json`.", "text"),
  key("logger.excludeFields", "strings", "Fields to leave out of the log."),

  key("frontend.dir", "string", "Folder with own pages."),
  key("frontend.theme", "string", "Folder below `themes/`.", { default: "light" }),
  yes("frontend.issuer", "string", "Name shown on the pages.", "dex"),
  key("frontend.logoURL", "string", "Logo shown on the pages.", { default: "theme/logo.png" }),
  key("frontend.extra", "map", "Values for own pages."),

  yes("signer.type", "string", "Who signs: `local`. Without `signer`, local with its defaults."),
  yes("signer.config", "variant", "Settings of that signer."),

  yes("staticClients[].id", "string", "Client id; or `idEnv`."),
  yes("staticClients[].idEnv", "string", "Variable with the client id."),
  yes("staticClients[].secret", "string", "Client secret; or `secretEnv`, unless `public`."),
  yes("staticClients[].secretEnv", "string", "Variable with the client secret."),
  yes("staticClients[].name", "string", "Name shown on the pages."),
  yes("staticClients[].redirectURIs", "strings", "Where an authorization may be sent to."),
  yes("staticClients[].postLogoutRedirectURIs", "strings", "Where a sign-out may return to."),
  key("staticClients[].backchannelLogoutURI", "string", "Where to tell the client about a sign-out."),
  key("staticClients[].refreshTokenLifetime", "string", "`standalone` or `session`."),
  yes("staticClients[].trustedPeers", "strings", "Clients that may ask for tokens for this one."),
  yes("staticClients[].public", "bool", "The client can keep no secret."),
  yes("staticClients[].logoURL", "string", "Logo of the client."),
  yes("staticClients[].allowedConnectors", "strings", "Connectors its users may sign in with; empty = all."),
  key("staticClients[].mfaChain", "strings", "Second factors of its users."),
  key("staticClients[].ssoSharedWith", "strings", "Clients that share its sign-in."),
  key("staticClients[].clientCredentialsClaims.groups", "strings", "Groups of the client itself."),

  yes("enablePasswordDB", "bool", "Let people sign in with e-mail and password (connector `local`)."),

  yes("staticPasswords[].email", "string", "Address to sign in with."),
  yes("staticPasswords[].hash", "string", "bcrypt hash, as it is or in base64; or `hashFromEnv`."),
  yes("staticPasswords[].hashFromEnv", "string", "Variable with the hash."),
  yes("staticPasswords[].username", "string", "User name."),
  yes("staticPasswords[].name", "string", "Display name; default: the user name."),
  yes("staticPasswords[].preferredUsername", "string", "Claim `preferred_username`."),
  yes("staticPasswords[].emailVerified", "bool", "Claim `email_verified`.", "true"),
  yes("staticPasswords[].userID", "string", "Stable id of the user."),
  yes("staticPasswords[].groups", "strings", "Groups of the user."),

  yes("connectors[].type", "string", "Kind of identity provider: `oidc`."),
  yes("connectors[].id", "string", "Id of the connector, part of its addresses."),
  yes("connectors[].name", "string", "Name shown on the pages."),
  yes("connectors[].config", "variant", "Settings of that kind."),
  key("connectors[].grantTypes", "strings", "Grants that may use the connector; empty = all."),

  key("sessions.cookieName", "string", "Name of the session cookie.", { default: "dex_session" }),
  key("sessions.absoluteLifetime", "duration", "Lifetime of a session.", { default: "24h" }),
  key("sessions.validIfNotUsedFor", "duration", "How long a session lasts unused.", { default: "1h" }),
  key("sessions.rememberMeCheckedByDefault", "bool", "Tick the box beforehand.", { default: "true" }),
  key("sessions.cookieEncryptionKey", "string", "Key of the session cookie."),
  key("sessions.ssoSharedWithDefault", "string", "Whether clients share a sign-in.", { default: "none" }),

  key("mfa.authenticators[].id", "string", "Id of the second factor."),
  key("mfa.authenticators[].type", "string", "`TOTP` or `WebAuthn`."),
  key("mfa.authenticators[].config", "any", "Settings of the second factor."),
  key("mfa.authenticators[].connectorTypes", "strings", "Kinds of connectors it is for; empty = all."),
  key("mfa.defaultMFAChain", "strings", "Second factors of everybody."),
];

const OIDC: readonly DexKey[] = [
  yes("issuer", "string", "Issuer of the identity provider; its discovery document says the rest."),
  key("issuerAlias", "string", "Issuer of its tokens where it is another."),
  yes("clientID", "string", "Our client id there."),
  yes("clientSecret", "string", "Our secret there."),
  yes("redirectURI", "string", "The callback as registered there. Only `<issuer>/callback`."),
  key("providerDiscoveryOverrides.tokenURL", "string", "Token endpoint, instead of the discovered one."),
  key("providerDiscoveryOverrides.authURL", "string", "Authorization endpoint, instead of the discovered one."),
  key("providerDiscoveryOverrides.jwksURL", "string", "Keys, instead of the discovered ones."),
  key("providerDiscoveryOverrides.userInfoURL", "string", "Userinfo endpoint, instead of the discovered one."),
  key("providerDiscoveryOverrides.deviceAuthURL", "string", "Device endpoint, instead of the discovered one."),
  key("providerDiscoveryOverrides.endSessionURL", "string", "Sign-out endpoint, instead of the discovered one."),
  yes("basicAuthUnsupported", "bool", "Send the client secret in the body."),
  yes("scopes", "strings", "Scopes to ask for besides `openid`.", "profile,email"),
  key("hostedDomains", "strings", "Removed from the original."),
  key("rootCAs", "strings", "Certificate authorities to believe."),
  key("insecureSkipVerify", "bool", "Do not check certificates."),
  yes("insecureSkipEmailVerified", "bool", "Accept addresses the provider does not vouch for."),
  yes("insecureEnableGroups", "bool", "Take the groups from the claim `groups`."),
  key("allowedGroups", "strings", "Only members of one of these groups."),
  yes("acrValues", "strings", "`acr_values` of the authorization request."),
  key("getUserInfo", "bool", "Let userinfo replace what the ID token says."),
  key("userIDKey", "string", "Claim with the user's id.", { default: "sub" }),
  key("userNameKey", "string", "Claim with the user's name.", { default: "name" }),
  key("promptType", "string", "`prompt` when a refresh token is wanted.", { default: "consent" }),
  yes("pkceChallenge", "string", "PKCE method towards the provider. Only `S256`.", "S256"),
  key("overrideClaimMapping", "bool", "Prefer the mapping to the standard claims."),
  key("claimMapping.preferred_username", "string", "Claim with the preferred user name."),
  key("claimMapping.email", "string", "Claim with the e-mail address."),
  key("claimMapping.groups", "string", "Claim with the groups."),
  key("claimModifications.newGroupFromClaims", "any", "Groups made of claims."),
  key("claimModifications.filterGroupClaims.groupsFilter", "string", "Pattern of the groups to keep."),
  key("claimModifications.modifyGroupNames.prefix", "string", "Text in front of every group."),
  key("claimModifications.modifyGroupNames.suffix", "string", "Text behind every group."),
];

/** Keys of the `variant` parts, by path and `type`. A type that is not here is refused before its keys are looked at. */
export const DEX_VARIANTS: Readonly<Record<string, Readonly<Record<string, readonly DexKey[]>>>> = {
  "storage.config": {
    memory: [],
    sqlite3: [yes("file", "string", "Database file; empty or `:memory:` = kept in memory only.")],
  },
  "signer.config": {
    local: [
      yes("keysRotationPeriod", "duration", "How long a key signs; required where `signer` is written."),
      yes("algorithm", "string", "`RS256` or `ES256`.", "RS256"),
    ],
  },
  "connectors[].config": { oidc: OIDC },
};

/** What the original has in the place of a `type`, and Gatehouse has not yet. Anything else is unknown. */
export const DEX_TYPES_NOT_YET: Readonly<Record<string, readonly string[]>> = {
  "storage.config": ["postgres", "mysql", "etcd", "kubernetes"],
  "signer.config": ["vault"],
  "connectors[].config": [
    "ldap",
    "github",
    "gitlab",
    "google",
    "oauth",
    "saml",
    "microsoft",
    "linkedin",
    "bitbucket-cloud",
    "gitea",
    "openshift",
    "authproxy",
    "atlassian-crowd",
    "keystone",
    "mockCallback",
    "mockPassword",
  ],
};

/** A variable that changes what the configuration means. */
export interface DexVariable {
  readonly name: string;
  readonly doc: string;
  /** `refused` and `refusedWhenFalse`: set to true or false it is refused with `not supported yet`. */
  readonly status: "supported" | "refused" | "refusedWhenFalse" | { readonly accepted: string };
}

export const DEX_VARIABLES: readonly DexVariable[] = [
  { name: "DEX_EXPAND_ENV", doc: "Expand `$VAR` in the three `config` parts; default true.", status: "supported" },
  {
    name: "DEX_CONFIG_DISALLOW_UNKNOWN_FIELDS",
    doc: "Refuse unknown keys.",
    status: { accepted: "Unknown keys are always refused." },
  },
  {
    name: "DEX_CONTINUE_ON_CONNECTOR_FAILURE",
    doc: "Start although a connector is not reachable; default true.",
    status: "refusedWhenFalse",
  },
  { name: "DEX_SESSIONS_ENABLED", doc: "Sessions, sign-out, second factors.", status: "refused" },
  { name: "DEX_ENT_ENABLED", doc: "Another layout of the SQL storages.", status: "refused" },
  { name: "DEX_API_CONNECTORS_CRUD", doc: "Connectors over gRPC.", status: "refused" },
  { name: "DEX_API_SESSIONS_IDENTITIES_CRUD", doc: "Sessions and identities over gRPC.", status: "refused" },
  {
    name: "DEX_CLIENT_CREDENTIAL_GRANT_ENABLED_BY_DEFAULT",
    doc: "Allow the client credentials grant.",
    status: "refused",
  },
];
