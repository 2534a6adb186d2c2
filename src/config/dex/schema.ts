/**
 * `strings` is a list; `stringOrStrings` one text or a list; `bytes` is base64; `map` holds text under free keys; `variant`
 * depends on the `type` beside it.
 */
export type DexType =
  | "string"
  | "bool"
  | "int"
  | "duration"
  | "strings"
  | "stringOrStrings"
  | "bytes"
  | "map"
  | "any"
  | "variant";

/**
 * `supported`: honoured. `notYet`: refused when set to anything but its default, never silently ignored.
 * `dormant`: belongs to something that is not there yet, which is said where that is turned on.
 * `accepted`: may be set, and changes nothing, for the reason given.
 */
export type DexStatus = "supported" | "notYet" | "dormant" | { readonly accepted: string };

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

/** A key, refused unless told otherwise. */
export const key = (path: string, type: DexType, doc: string, rest: Rest = {}): DexKey => ({
  path,
  type,
  doc,
  status: "notYet",
  ...rest,
});

/** A key that is honoured. */
export const yes = (path: string, type: DexType, doc: string, initial?: string): DexKey =>
  key(path, type, doc, { status: "supported", ...(initial === undefined ? {} : { default: initial }) });

/** A key of something that is not there yet. */
export const dormant = (path: string, type: DexType, doc: string, initial?: string): DexKey =>
  key(path, type, doc, { status: "dormant", ...(initial === undefined ? {} : { default: initial }) });

/** Keys of the whole file, in the order of the reference page. */
export const DEX_KEYS: readonly DexKey[] = [
  yes("issuer", "string", "Address of the provider, `iss` of its tokens; its path prefixes every endpoint."),

  yes("storage.type", "string", "Where things are kept: `sqlite3`, `postgres`, `mysql` or `memory`."),
  yes("storage.config", "variant", "Settings of that storage."),

  yes("web.http", "string", "Where to listen: `host:port`."),
  yes("web.https", "string", "Where to listen with TLS."),
  yes("web.tlsCert", "string", "PEM file with the certificate chain."),
  yes("web.tlsKey", "string", "PEM file with the private key."),
  yes("web.tlsMinVersion", "string", "Oldest TLS version: `1.2` or `1.3`.", "1.2"),
  yes("web.tlsMaxVersion", "string", "Newest TLS version: `1.2` or `1.3`."),
  yes("web.headers.Content-Security-Policy", "string", "Header to add to every answer."),
  yes("web.headers.X-Frame-Options", "string", "Header to add to every answer."),
  yes("web.headers.X-Content-Type-Options", "string", "Header to add to every answer."),
  yes("web.headers.X-XSS-Protection", "string", "Header to add to every answer."),
  yes("web.headers.Strict-Transport-Security", "string", "Header to add to every answer."),
  yes("web.allowedOrigins", "strings", "Origins that scripts may ask from (CORS)."),
  yes("web.allowedHeaders", "strings", "Request headers that such scripts may send.", "Authorization"),
  yes("web.clientRemoteIP.header", "string", "Header that carries the client's address."),
  yes("web.clientRemoteIP.trustedProxies", "strings", "Whose header is believed."),

  yes("telemetry.http", "string", "Where to listen for metrics and health checks."),
  key("telemetry.enableProfiling", "bool", "Profiles at `/debug/pprof/`.", {
    status: { accepted: "There are no Go profiles to show." },
  }),

  dormant("grpc.addr", "string", "Where the gRPC API listens."),
  dormant("grpc.tlsCert", "string", "PEM file with its certificate chain."),
  dormant("grpc.tlsKey", "string", "PEM file with its private key."),
  dormant("grpc.tlsClientCA", "string", "PEM file with the authority of its clients' certificates."),
  dormant("grpc.tlsMinVersion", "string", "Oldest TLS version: `1.2` or `1.3`.", "1.2"),
  dormant("grpc.tlsMaxVersion", "string", "Newest TLS version: `1.2` or `1.3`."),
  dormant("grpc.reflection", "bool", "Let clients ask for the API's description."),

  yes("expiry.idTokens", "duration", "Lifetime of ID and access tokens.", "24h"),
  yes("expiry.authRequests", "duration", "How long a sign-in may take.", "24h"),
  yes("expiry.deviceRequests", "duration", "How long a device may wait for its sign-in.", "5m"),
  yes("expiry.signingKeys", "duration", "How long a key signs (deprecated; only without `signer`).", "6h"),
  yes("expiry.refreshTokens.disableRotation", "bool", "Answer a refresh with the same refresh token."),
  yes("expiry.refreshTokens.reuseInterval", "duration", "How long a replaced refresh token still works.", "0s"),
  yes("expiry.refreshTokens.absoluteLifetime", "duration", "Lifetime of refresh tokens; 0 = for ever.", "0s"),
  yes("expiry.refreshTokens.validIfNotUsedFor", "duration", "How long they last unused; 0 = for ever.", "0s"),

  yes("oauth2.grantTypes", "strings", "Allowed grants; empty = all that the rest of the file makes possible."),
  yes("oauth2.responseTypes", "strings", "Response types to list; their words may be combined.", "code"),
  yes("oauth2.skipApprovalScreen", "bool", "Do not ask whether the client may sign the user in."),
  yes("oauth2.alwaysShowLoginScreen", "bool", "Offer the choice of connectors even when there is one only."),
  yes("oauth2.passwordConnector", "string", "Connector of the password grant."),
  yes("oauth2.pkce.enforce", "bool", "Refuse clients that use no PKCE."),
  yes("oauth2.pkce.codeChallengeMethodsSupported", "strings", "PKCE methods to accept.", "S256,plain"),

  yes("logger.level", "string", "`debug`, `info`, `warn` or `error`.", "info"),
  yes("logger.format", "string", "`text` or `json`.", "text"),
  yes("logger.excludeFields", "strings", "Fields to leave out of the log."),

  yes("frontend.dir", "string", "Folder with own pages."),
  yes("frontend.theme", "string", "Folder below `themes/`.", "light"),
  yes("frontend.issuer", "string", "Name shown on the pages.", "dex"),
  yes("frontend.logoURL", "string", "Logo shown on own pages.", "theme/logo.png"),
  yes("frontend.extra", "map", "Values for own pages."),

  yes("signer.type", "string", "Who signs: `local` or `vault`. Without `signer`, local with its defaults."),
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
  yes(
    "staticClients[].clientCredentialsClaims.groups",
    "strings",
    "Groups of the client itself (client credentials grant).",
  ),

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

  yes("connectors[].type", "string", "Kind of identity provider, one of those below."),
  yes("connectors[].id", "string", "Id of the connector, part of its addresses."),
  yes("connectors[].name", "string", "Name shown on the pages."),
  yes("connectors[].config", "variant", "Settings of that kind."),
  yes("connectors[].grantTypes", "strings", "Grants that may use the connector; empty = all."),

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

/** A variable that changes what the configuration means. */
export interface DexVariable {
  readonly name: string;
  readonly doc: string;
  /** `refused`: set to true it is refused with `not supported yet`. `accepted`: the given value changes nothing, for the reason given. */
  readonly status: "supported" | "refused" | { readonly accepted: string; readonly when: boolean };
}

export const DEX_VARIABLES: readonly DexVariable[] = [
  { name: "DEX_EXPAND_ENV", doc: "Expand `$VAR` in the three `config` parts; default true.", status: "supported" },
  {
    name: "DEX_CONFIG_DISALLOW_UNKNOWN_FIELDS",
    doc: "Refuse unknown keys.",
    status: { accepted: "Unknown keys are always refused.", when: false },
  },
  {
    name: "DEX_CONTINUE_ON_CONNECTOR_FAILURE",
    doc: "Start although a connector cannot be opened; default true.",
    status: "supported",
  },
  {
    name: "DEX_CLIENT_CREDENTIAL_GRANT_ENABLED_BY_DEFAULT",
    doc: "Allow the client credentials grant where `oauth2.grantTypes` is empty.",
    status: "supported",
  },
  { name: "DEX_FRONTEND_DIR", doc: "Folder with own pages where `frontend.dir` is empty.", status: "supported" },
  { name: "VAULT_ADDR", doc: "Address of Vault where `signer.config.addr` is empty.", status: "supported" },
  { name: "VAULT_TOKEN", doc: "Token for Vault where `signer.config.token` is empty.", status: "supported" },
  {
    name: "DEX_API_CONNECTORS_CRUD",
    doc: "Connectors over gRPC.",
    status: {
      accepted: "Connectors in the storage are used; the gRPC API that changes them is not there yet.",
      when: true,
    },
  },
  { name: "DEX_SESSIONS_ENABLED", doc: "Sessions, sign-out, second factors.", status: "refused" },
  { name: "DEX_ENT_ENABLED", doc: "Another layout of the SQL storages.", status: "refused" },
  {
    name: "DEX_API_SESSIONS_IDENTITIES_CRUD",
    doc: "Sessions and identities over gRPC.",
    status: { accepted: "The gRPC API is not there yet.", when: true },
  },
];
