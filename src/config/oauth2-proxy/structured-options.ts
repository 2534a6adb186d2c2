/**
 * oauth2-proxy's structured options, as its `--alpha-config` file holds them: every list and text is there, defaults are filled in.
 *
 * The flags that such a file replaces are turned into this shape too, so both ways share one resolution, and
 * `--convert-config-to-alpha` prints it. Keys are spelled as in the file (its reference §3.3). Durations are seconds.
 */
export interface StructuredOptions {
  readonly upstreamConfig: {
    readonly proxyRawPath: boolean;
    readonly upstreams: readonly StructuredUpstream[];
  };
  readonly injectRequestHeaders: readonly StructuredHeader[];
  readonly injectResponseHeaders: readonly StructuredHeader[];
  readonly server: StructuredServer;
  readonly metricsServer: StructuredServer;
  readonly providers: readonly StructuredProvider[];
}

export interface StructuredUpstream {
  readonly id: string;
  readonly path: string;
  readonly rewriteTarget: string;
  readonly uri: string;
  readonly insecureSkipTLSVerify: boolean;
  readonly static: boolean;
  readonly staticCode: number;
  readonly flushInterval: number;
  readonly passHostHeader: boolean;
  readonly proxyWebSockets: boolean;
  readonly timeout: number;
  readonly disableKeepAlives: boolean;
}

export interface StructuredHeader {
  readonly name: string;
  readonly preserveRequestValue: boolean;
  readonly InsecureSkipHeaderNormalization: boolean;
  readonly values: readonly StructuredHeaderValue[];
}

/** Exactly one of the two. */
export interface StructuredHeaderValue {
  readonly claimSource?: {
    readonly claim: string;
    readonly prefix: string;
    readonly basicAuthPassword?: StructuredSecret;
  };
  readonly secretSource?: StructuredSecret;
}

/** Exactly one of the three. */
export interface StructuredSecret {
  readonly value?: string;
  readonly fromEnv?: string;
  readonly fromFile?: string;
}

export interface StructuredServer {
  readonly bindAddress: string;
  readonly secureBindAddress: string;
  readonly tls?: {
    readonly key?: StructuredSecret;
    readonly cert?: StructuredSecret;
    readonly minVersion: string;
    readonly cipherSuites: readonly string[];
  };
}

export interface StructuredProvider extends StructuredVendors {
  readonly id: string;
  /** One of the original's seventeen, such as `oidc`. */
  readonly provider: string;
  readonly name: string;
  readonly clientID: string;
  readonly clientSecret: string;
  readonly clientSecretFile: string;
  readonly loginURL: string;
  readonly loginURLParameters: readonly StructuredLoginParameter[];
  readonly authRequestResponseMode: string;
  readonly redeemURL: string;
  readonly profileURL: string;
  readonly skipClaimsFromProfileURL: boolean;
  readonly resource: string;
  readonly validateURL: string;
  readonly scope: string;
  readonly allowedGroups: readonly string[];
  readonly code_challenge_method: string;
  readonly additionalClaims: readonly string[];
  readonly backendLogoutURL: string;
  readonly caFiles: readonly string[];
  readonly useSystemTrustStore: boolean;
  readonly oidcConfig: StructuredOidc;
}

/** What single vendors have of their own. */
export interface StructuredVendors {
  readonly azureConfig: { readonly tenant: string; readonly graphGroupField: string };
  readonly microsoftEntraIDConfig: {
    readonly allowedTenants: readonly string[];
    readonly federatedTokenAuth: boolean;
  };
  readonly ADFSConfig: { readonly skipScope: boolean };
  readonly keycloakConfig: { readonly groups: readonly string[]; readonly roles: readonly string[] };
  readonly bitbucketConfig: { readonly team: string; readonly repository: string };
  readonly githubConfig: {
    readonly org: string;
    readonly team: string;
    readonly repo: string;
    readonly token: string;
    readonly users: readonly string[];
  };
  readonly gitlabConfig: { readonly group: readonly string[]; readonly projects: readonly string[] };
  readonly googleConfig: {
    readonly group: readonly string[];
    readonly adminEmail: string;
    readonly serviceAccountJson: string;
    readonly useApplicationDefaultCredentials: boolean;
    readonly targetPrincipal: string;
    readonly useOrganizationID: boolean;
    readonly adminAPIUserScope: string;
  };
  readonly loginGovConfig: {
    readonly jwtKey: string;
    readonly jwtKeyFile: string;
    readonly pubjwkURL: string;
  };
}

export interface StructuredOidc {
  readonly issuerURL: string;
  readonly insecureAllowUnverifiedEmail: boolean;
  readonly insecureSkipIssuerVerification: boolean;
  readonly insecureSkipNonce: boolean;
  readonly skipDiscovery: boolean;
  readonly jwksURL: string;
  readonly publicKeyFiles: readonly string[];
  readonly emailClaim: string;
  readonly groupsClaim: string;
  readonly userIDClaim: string;
  readonly audienceClaims: readonly string[];
  readonly extraAudiences: readonly string[];
  readonly enabledSigningAlgs: readonly string[];
}

export interface StructuredLoginParameter {
  readonly name: string;
  readonly default: readonly string[];
  readonly allow: readonly { readonly value?: string; readonly pattern?: string }[];
}
