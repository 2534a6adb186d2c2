/** How a value is written and what it becomes: a duration is a number of seconds. */
export type OptionType = "string" | "bool" | "int" | "duration" | "list";

/** A value after parsing. */
export type OptionValue = string | boolean | number | readonly string[];

/** `works`: honoured. `accepted`: may be set, and changes nothing, for the reason given. */
export type OptionStatus = "works" | { readonly accepted: string };

/** One option of oauth2-proxy. The table of them drives flags, environment, TOML, help and the reference page. */
export interface OptionDefinition {
  /** The flag without its dashes. */
  readonly flag: string;
  readonly type: OptionType;
  /** As it would be typed; a duration in Go's syntax. */
  readonly default: string | boolean | number | readonly string[];
  /** One line. */
  readonly doc: string;
  readonly section: string;
  readonly status: OptionStatus;
  /** Key in the file where it is not the flag with `_` for `-`; undefined key = flag only. */
  readonly toml?: string;
  /** An older key that the original still reads, and prefers. */
  readonly oldToml?: string;
  /** Neither in the file nor in the environment. */
  readonly flagOnly?: true;
  /** A structured file (`--alpha-config`) says it instead: beside one, the flag and the key are unknown, and the variable is ignored. */
  readonly structured?: true;
  /** What to use instead; setting it is warned about. */
  readonly deprecated?: string;
}

/** Key in the TOML file; undefined for an option that exists as a flag only. */
export function tomlKey(option: OptionDefinition): string | undefined {
  return option.flagOnly === true ? undefined : (option.toml ?? option.flag.replaceAll("-", "_"));
}

/** Name of the environment variable: the upper-case TOML key, so plural where that is. */
export function environmentName(option: OptionDefinition): string | undefined {
  const key = tomlKey(option);
  return key === undefined ? undefined : variableOf(key);
}

/** The variable that goes with a key of the file. */
export const variableOf = (key: string): string => `${ENVIRONMENT_PREFIX}${key.toUpperCase()}`;

export const ENVIRONMENT_PREFIX = "OAUTH2_PROXY_";

interface More {
  readonly status?: OptionStatus;
  readonly toml?: string;
  readonly oldToml?: string;
  readonly flagOnly?: true;
  readonly structured?: true;
  readonly deprecated?: string;
}

const FLAG_ONLY: More = { flagOnly: true };
const STRUCTURED: More = { structured: true };
const named = (toml: string): More => ({ toml });
const deprecated = (instead: string): More => ({ deprecated: instead });

const text = <const F extends string>(flag: F, initial: string, doc: string, more: More = {}) =>
  ({ flag, type: "string", default: initial, doc, ...more }) as const;
const bool = <const F extends string>(flag: F, initial: boolean, doc: string, more: More = {}) =>
  ({ flag, type: "bool", default: initial, doc, ...more }) as const;
const int = <const F extends string>(flag: F, initial: number, doc: string, more: More = {}) =>
  ({ flag, type: "int", default: initial, doc, ...more }) as const;
const duration = <const F extends string>(flag: F, initial: string, doc: string, more: More = {}) =>
  ({ flag, type: "duration", default: initial, doc, ...more }) as const;
const list = <const F extends string>(flag: F, initial: readonly string[], doc: string, more: More = {}) =>
  ({ flag, type: "list", default: initial, doc, ...more }) as const;

const inSection = <const R extends readonly Omit<OptionDefinition, "section" | "status">[]>(
  section: string,
  rows: R,
  more: More = {},
) => rows.map((row: R[number]) => ({ status: "works" as OptionStatus, ...row, ...more, section }));

const COMMAND = inSection("Command line", [
  text("config", "", "TOML file to read; flags and environment win over it.", FLAG_ONLY),
  bool("config-test", false, "Check the configuration, say what is wrong, and end with status 0 or 1.", FLAG_ONLY),
  bool("version", false, "Print the version and end.", FLAG_ONLY),
  text("alpha-config", "", "Structured YAML file for upstreams, headers, servers and providers.", FLAG_ONLY),
  bool("convert-config-to-alpha", false, "Print the given options as structured YAML and end.", FLAG_ONLY),
]);

const LISTENERS = inSection(
  "Server",
  [
    text(
      "http-address",
      "127.0.0.1:4180",
      "Where to listen: `host:port`, `unix:///path[,mode=0660]`, `fd:N`; `-` = nowhere.",
    ),
    text(
      "https-address",
      ":443",
      "Where to listen with TLS, once there is a certificate; the plain listener is then off.",
    ),
    text("tls-cert-file", "", "PEM file with the certificate chain of the TLS listener."),
    text("tls-key-file", "", "PEM file with the private key of the TLS listener."),
    text("tls-min-version", "", "Oldest TLS version to speak: `TLS1.2` (what empty means) or `TLS1.3`."),
    list("tls-cipher-suite", [], "TLS 1.2 cipher suites to offer, by their Go names.", named("tls_cipher_suites")),
    text("metrics-address", "", "Where to listen for requests for metrics."),
    text("metrics-secure-address", "", "Where to listen with TLS for requests for metrics."),
    text("metrics-tls-cert-file", "", "PEM file with the certificate chain of the metrics listener."),
    text("metrics-tls-key-file", "", "PEM file with the private key of the metrics listener."),
  ],
  STRUCTURED,
);

const SERVER = inSection("Server", [
  text("proxy-prefix", "/oauth2", "Path below which the proxy's own pages and endpoints live."),
  text("ping-path", "/ping", "Path that answers whether the process is alive."),
  text("ready-path", "/ready", "Path that answers whether the process can serve."),
  text("ping-user-agent", "", "Answer the ping only to this exact User-Agent."),
  bool(
    "gcp-healthchecks",
    false,
    "Answer Google Cloud's health check paths too.",
    deprecated("Set --ping-path and --ping-user-agent=GoogleHC/1.0."),
  ),
  bool("force-https", false, "Redirect every plain request to https."),
  text(
    "redirect-url",
    "",
    "The callback as registered at the identity provider, with its host: `https://auth.example.com/oauth2/callback`.",
  ),
  bool("relative-redirect-url", false, "Send a redirect URL without a host on as it is."),
  bool("reverse-proxy", false, "Stand behind a gateway: believe its X-Forwarded-* headers."),
  list(
    "trusted-proxy-ip",
    [],
    "Addresses or ranges whose X-Forwarded-* headers are believed; empty with reverse-proxy = private and loopback ones.",
    named("trusted_proxy_ips"),
  ),
  text("real-client-ip-header", "X-Real-IP", "Header that carries the client's address."),
  list("trusted-ip", [], "Client addresses or ranges that need not sign in.", named("trusted_ips")),
  bool("allow-query-semicolons", false, "Take `;` in a query for `&`."),
  bool("encode-state", false, "Send the state parameter in base64url."),
  text(
    "signature-key",
    "",
    "`algorithm:key` for signing upstream requests.",
    deprecated("Let only the proxy reach the upstream."),
  ),
]);

const GROUPS = inSection(
  "Access",
  [
    list("allowed-group", [], "Only members of one of these groups may pass.", named("allowed_groups")),
    list("allowed-role", [], "Only holders of one of these roles may pass (keycloak-oidc).", named("allowed_roles")),
  ],
  STRUCTURED,
);

const ACCESS = inSection("Access", [
  list(
    "email-domain",
    [],
    "Who may sign in, by e-mail domain: `example.com`, `.example.com` for its sub-domains, `*` for all.",
    named("email_domains"),
  ),
  text("authenticated-emails-file", "", "File with one e-mail address a line that may sign in."),
  list(
    "whitelist-domain",
    [],
    "Hosts to return to after signing in or out: `host`, `.suffix`, each with an optional `:port` or `:*`.",
    named("whitelist_domains"),
  ),
  text("htpasswd-file", "", "htpasswd file with users who sign in with a password."),
  list("htpasswd-user-group", [], "Groups of all users of the htpasswd file.", named("htpasswd_user_groups")),
  list(
    "skip-auth-route",
    [],
    "Requests that need no sign-in: `[METHOD=]pattern`, or `!=` for all others.",
    named("skip_auth_routes"),
  ),
  list("skip-auth-regex", [], "Paths that need no sign-in, as patterns.", deprecated("Use --skip-auth-route.")),
  bool("skip-auth-preflight", false, "Let every OPTIONS request pass."),
  list("api-route", [], "Patterns of paths that are answered with 401 instead of a sign-in.", named("api_routes")),
  bool("force-json-errors", false, "Answer errors with JSON instead of pages."),
  bool("skip-jwt-bearer-tokens", false, "Accept a verified JWT in the Authorization header instead of a session."),
  bool("bearer-token-login-fallback", true, "Ask to sign in when the Authorization header does not verify."),
  list("extra-jwt-issuers", [], "More issuers whose JWTs are accepted, as `issuer=audience`."),
  bool("skip-provider-button", false, "Go straight to the identity provider instead of the sign-in page."),
]);

const COOKIE = inSection("Cookie and session", [
  text("cookie-name", "_oauth2_proxy", "Name of the session cookie."),
  text("cookie-secret", "", "Key of the session cookie: 16, 24 or 32 bytes, as they are or in base64url."),
  text("cookie-secret-file", "", "File with the key of the session cookie."),
  list("cookie-domain", [], "Domains to set the cookie for; the longest that fits wins.", named("cookie_domains")),
  text("cookie-path", "/", "Path to set the cookie for."),
  duration("cookie-expire", "168h", "Age at which a session ends; 0 = with the browser, and never here."),
  duration("cookie-refresh", "0s", "Age at which a session is refreshed at the provider; 0 = never."),
  bool("cookie-secure", true, "Send the cookie over https only."),
  bool("cookie-httponly", true, "Hide the cookie from scripts."),
  text("cookie-samesite", "", "`lax`, `strict`, `none`, or empty for no attribute."),
  bool("cookie-csrf-per-request", false, "Give each sign-in under way its own cookie."),
  int("cookie-csrf-per-request-limit", 0, "How many sign-ins may be under way at a time; 0 = any number."),
  duration("cookie-csrf-expire", "15m", "How long a sign-in under way may take."),
  text("cookie-csrf-samesite", "", "SameSite of the cookie of a sign-in under way; empty = as cookie-samesite."),
  text("session-store-type", "cookie", "Where sessions live: `cookie` or `redis`."),
  bool("session-cookie-minimal", false, "Keep the provider's tokens out of the cookie."),
  text("redis-connection-url", "", "Address of a single Redis server."),
  text("redis-username", "", "User name for Redis, instead of the one in the address."),
  text("redis-password", "", "Password for Redis, instead of the one in the address."),
  bool("redis-use-sentinel", false, "Find Redis through its sentinels."),
  text("redis-sentinel-master-name", "", "Name of the master that the sentinels watch."),
  text("redis-sentinel-password", "", "Password for the sentinels."),
  list("redis-sentinel-connection-urls", [], "Addresses of the sentinels."),
  bool("redis-use-cluster", false, "Talk to a Redis cluster."),
  list("redis-cluster-connection-urls", [], "Addresses of the nodes of the cluster."),
  text("redis-ca-path", "", "PEM file with a certificate authority to believe for Redis."),
  bool("redis-insecure-skip-tls-verify", false, "Do not check the certificate of Redis."),
  int("redis-connection-idle-timeout", 0, "Seconds after which an idle connection to Redis is closed; 0 = never."),
]);

const HEADERS = inSection(
  "Headers",
  [
    bool("pass-basic-auth", true, "Send user headers, and Basic credentials if there is a password, upstream."),
    bool("pass-user-headers", true, "Send X-Forwarded-User, -Email, -Groups, -Preferred-Username upstream."),
    bool("pass-access-token", false, "Send the access token on; with set-xauthrequest in answers too."),
    bool("pass-authorization-header", false, "Send the ID token upstream as a bearer token."),
    bool("set-xauthrequest", false, "Answer with X-Auth-Request-User, -Email, -Groups, -Preferred-Username."),
    bool("set-authorization-header", false, "Answer with the ID token as a bearer token."),
    bool("set-basic-auth", false, "Answer with Basic credentials."),
    text("basic-auth-password", "", "Password of the Basic credentials."),
    bool("prefer-email-to-user", false, "Put the e-mail address into the user headers."),
    bool("skip-auth-strip-headers", true, "Remove identity headers that a client sends itself."),
  ],
  STRUCTURED,
);

const UPSTREAM = inSection(
  "Upstream",
  [
    list(
      "upstream",
      [],
      "What to protect: `http(s)://host:port/path/`, `unix:///socket`, `file:///folder#/path`, `static://202`.",
      named("upstreams"),
    ),
    bool("pass-host-header", true, "Send the client's Host header upstream."),
    bool("proxy-websockets", true, "Let WebSocket connections through."),
    duration("flush-interval", "1s", "How often to flush while an answer streams.", {
      status: { accepted: "Whatever comes from an upstream is passed on at once." },
    }),
    duration("upstream-timeout", "30s", "How long to wait for an upstream's answer."),
    bool("ssl-upstream-insecure-skip-verify", false, "Do not check the certificates of upstreams."),
    bool("disable-keep-alives", false, "Open a new connection to the upstream for each request."),
  ],
  STRUCTURED,
);

const PROVIDER_TLS = inSection("Provider", [
  bool("ssl-insecure-skip-verify", false, "Do not check certificates of the provider, nor of anybody."),
]);

const PROVIDER = inSection(
  "Provider",
  [
    text("provider", "google", "Kind of identity provider."),
    text("provider-display-name", "", "Name of the provider on the sign-in page."),
    text("client-id", "", "Our client id at the provider."),
    text("client-secret", "", "Our secret at the provider."),
    text("client-secret-file", "", "File with our secret at the provider; read again whenever it is used."),
    text("login-url", "", "Authorization endpoint, instead of the discovered one."),
    text("redeem-url", "", "Token endpoint, instead of the discovered one."),
    text("profile-url", "", "Userinfo endpoint, instead of the discovered one."),
    text("validate-url", "", "Endpoint that tells whether an access token is still good."),
    text("scope", "", "Scopes to ask for; empty = `openid email profile`, and `groups` with allowed-group."),
    text("prompt", "", "`prompt` of the authorization request; wins over approval-prompt."),
    text("approval-prompt", "force", "`approval_prompt` of the authorization request."),
    text("acr-values", "", "`acr_values` of the authorization request."),
    text("resource", "", "Resource to ask a token for (Azure, ADFS)."),
    text("code-challenge-method", "", "PKCE towards the provider: `S256`, or empty for none."),
    text(
      "force-code-challenge-method",
      "",
      "Old name of code-challenge-method.",
      deprecated("Use --code-challenge-method."),
    ),
    text("auth-request-response-mode", "", "`response_mode` of the authorization request."),
    text("backend-logout-url", "", "Address to call when somebody signs out; may contain `{id_token}`."),
    list("provider-ca-file", [], "PEM files with certificate authorities to believe.", named("provider_ca_files")),
    bool("use-system-trust-store", false, "Believe the system's certificate authorities besides provider-ca-file."),
    bool("skip-claims-from-profile-url", false, "Never ask the userinfo endpoint."),
    text("oidc-issuer-url", "", "Issuer of the provider; its discovery document says the rest."),
    text("oidc-jwks-url", "", "Where the provider's keys are, without discovery."),
    list("oidc-public-key-file", [], "PEM files with the provider's keys.", named("oidc_public_key_files")),
    bool("skip-oidc-discovery", false, "Do not read the discovery document."),
    text("oidc-email-claim", "email", "Claim with the e-mail address; dots descend into objects."),
    text("oidc-groups-claim", "groups", "Claim with the groups; dots descend into objects."),
    list("oidc-audience-claim", ["aud"], "Claims that may carry the audience; the first that exists decides.", {
      toml: "oidc_audience_claims",
    }),
    list("oidc-extra-audience", [], "Audiences to accept besides the client id.", named("oidc_extra_audiences")),
    list("oidc-enabled-signing-alg", [], "Signing algorithms to accept; empty = those discovered.", {
      toml: "oidc_enabled_signing_algs",
    }),
    bool("insecure-oidc-allow-unverified-email", false, "Accept addresses the provider does not vouch for."),
    bool("insecure-oidc-skip-issuer-verification", false, "Do not compare the issuer of ID tokens."),
    bool("insecure-oidc-skip-nonce", true, "Neither send nor check a nonce."),
    text("user-id-claim", "email", "Old name of oidc-email-claim.", deprecated("Use --oidc-email-claim.")),
  ],
  STRUCTURED,
);

const VENDORS = inSection(
  "Providers by vendor",
  [
    text("azure-tenant", "common", "Azure tenant."),
    text("azure-graph-group-field", "", "Field of Azure's group objects to use as the group's name."),
    list("entra-id-allowed-tenant", [], "Entra tenants that may sign in.", named("entra_id_allowed_tenants")),
    bool("entra-id-federated-token-auth", false, "Authenticate to Entra with a projected workload token."),
    text("bitbucket-team", "", "Only members of this Bitbucket team."),
    text("bitbucket-repository", "", "Only people with access to this Bitbucket repository."),
    text("github-org", "", "Only members of this GitHub organization."),
    text("github-team", "", "Only members of one of these GitHub teams, separated by commas."),
    text("github-repo", "", "Only people with access to this GitHub repository."),
    text("github-token", "", "Token for asking GitHub who may access the repository."),
    list("github-user", [], "GitHub users who may sign in whatever else holds.", named("github_users")),
    list("gitlab-group", [], "Only members of one of these GitLab groups.", named("gitlab_groups")),
    list(
      "gitlab-project",
      [],
      "Only members of one of these GitLab projects, `path[=level]`.",
      named("gitlab_projects"),
    ),
    list("google-group", [], "Only members of one of these Google groups.", {
      toml: "google_groups",
      oldToml: "google_group",
    }),
    text("google-admin-email", "", "Google administrator to act for when asking for groups."),
    text("google-service-account-json", "", "File with the key of the Google service account."),
    text("google-target-principal", "", "Google service account to act as."),
    text("google-admin-api-user-scope", "", "Scope of Google's admin API to ask for."),
    text("google-use-application-default-credentials", "false", "Use the credentials of the Google environment."),
    text("google-use-organization-id", "false", "Use the id of the Google organization."),
    list(
      "keycloak-group",
      [],
      "Only members of one of these groups (old keycloak provider).",
      named("keycloak_groups"),
    ),
    text("jwt-key", "", "Private key for login.gov."),
    text("jwt-key-file", "", "File with the private key for login.gov."),
    text("pubjwk-url", "", "Where login.gov's public keys are."),
  ],
  STRUCTURED,
);

const STANDARD_FORMAT = "[{{.Timestamp}}] [{{.File}}] {{.Message}}";
const AUTH_FORMAT = "{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] [{{.Status}}] {{.Message}}";
const REQUEST_FORMAT =
  "{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] {{.Host}} {{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} {{.StatusCode}} {{.ResponseSize}} {{.RequestDuration}}";

const LOGGING = inSection("Logging and pages", [
  bool("standard-logging", true, "Log what the process does."),
  bool("auth-logging", true, "Log sign-ins."),
  bool("request-logging", true, "Log requests."),
  text("standard-logging-format", STANDARD_FORMAT, "Template of a line about the process."),
  text("auth-logging-format", AUTH_FORMAT, "Template of a line about a sign-in."),
  text("request-logging-format", REQUEST_FORMAT, "Template of a line about a request."),
  bool("errors-to-info-log", false, "Log errors to stdout instead of stderr."),
  bool("silence-ping-logging", false, "Do not log pings."),
  list("exclude-logging-path", [], "Paths whose requests are not logged.", named("exclude_logging_paths")),
  text("logging-filename", "", "File to log to; empty = stdout."),
  int("logging-max-size", 100, "Megabytes after which the log file is rotated."),
  int("logging-max-age", 7, "Days to keep rotated log files."),
  int("logging-max-backups", 0, "Rotated log files to keep; 0 = all."),
  bool("logging-compress", false, "Compress rotated log files."),
  bool("logging-local-time", true, "Log local time; false = UTC."),
  text("request-id-header", "X-Request-Id", "Header that carries a request's id."),
  text("banner", "", "HTML above the sign-in form; `-` = none."),
  text("footer", "", "HTML below every page; `-` = none."),
  text("custom-sign-in-logo", "", "Logo of the sign-in page: a file, an https address, or `-` for none."),
  text("custom-templates-dir", "", "Folder with own templates of the pages."),
  bool("display-htpasswd-form", true, "Show the password form when there is an htpasswd file."),
  bool("show-debug-on-error", false, "Show internal errors on error pages."),
]);

const OWN = inSection("Gatehouse's own", [
  duration("session-cache", "10s", "How long a session in Redis may be answered for without asking Redis; 0s to 10s."),
]);

/** All options, in the order of the help and the reference page: the original's, then our own. */
export const OPTIONS = [
  ...COMMAND,
  ...LISTENERS,
  ...SERVER,
  ...ACCESS,
  ...GROUPS,
  ...COOKIE,
  ...HEADERS,
  ...UPSTREAM,
  ...PROVIDER,
  ...PROVIDER_TLS,
  ...VENDORS,
  ...LOGGING,
  ...OWN,
] satisfies readonly OptionDefinition[];

/** The flags whose values are of one type, so that a typing mistake in a name does not compile. */
export type OptionName<T extends OptionType = OptionType> = Extract<(typeof OPTIONS)[number], { type: T }>["flag"];
