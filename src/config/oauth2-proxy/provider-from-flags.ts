import { parseOptionText } from "./option-value.ts";
import type { OptionName } from "./options.ts";
import { errorAt } from "./raw-setting.ts";
import type { Resolving } from "./resolving.ts";
import type {
  StructuredLoginParameter,
  StructuredOidc,
  StructuredProvider,
  StructuredVendors,
} from "./structured-options.ts";

/** The one provider that flags can describe. What is said about another vendor than the chosen one has no effect. */
export function providerFromFlags(resolving: Resolving): StructuredProvider {
  const { settings } = resolving;
  const { text, flag, list } = settings;
  const name = text("provider-display-name");
  return {
    id: name === "" ? `${text("provider")}=${text("client-id")}` : name,
    provider: text("provider"),
    name,
    clientID: text("client-id"),
    clientSecret: text("client-secret"),
    clientSecretFile: text("client-secret-file"),
    loginURL: text("login-url"),
    loginURLParameters: loginParameters(resolving),
    authRequestResponseMode: text("auth-request-response-mode"),
    redeemURL: text("redeem-url"),
    profileURL: text("profile-url"),
    skipClaimsFromProfileURL: flag("skip-claims-from-profile-url"),
    resource: text("resource"),
    validateURL: text("validate-url"),
    scope: text("scope"),
    allowedGroups: list("allowed-group"),
    code_challenge_method: text("code-challenge-method") || text("force-code-challenge-method"),
    additionalClaims: [],
    backendLogoutURL: text("backend-logout-url"),
    caFiles: list("provider-ca-file"),
    useSystemTrustStore: flag("use-system-trust-store"),
    oidcConfig: oidcConfig(resolving),
    ...vendorConfigs(resolving),
  };
}

/** `approval_prompt=force` goes to every provider unless something else was asked for. */
function loginParameters({ settings }: Resolving): readonly StructuredLoginParameter[] {
  const fixed = (name: string, value: string): StructuredLoginParameter => ({ name, default: [value], allow: [] });
  const acrValues = settings.text("acr-values");
  const prompt = settings.text("prompt");
  return [
    ...(acrValues === "" ? [] : [fixed("acr_values", acrValues)]),
    prompt === "" ? fixed("approval_prompt", settings.text("approval-prompt") || "force") : fixed("prompt", prompt),
  ];
}

function oidcConfig({ settings }: Resolving): StructuredOidc {
  const { text, flag, list } = settings;
  const audienceClaims = list("oidc-audience-claim");
  return {
    issuerURL: text("oidc-issuer-url"),
    insecureAllowUnverifiedEmail: flag("insecure-oidc-allow-unverified-email"),
    insecureSkipIssuerVerification: flag("insecure-oidc-skip-issuer-verification"),
    insecureSkipNonce: flag("insecure-oidc-skip-nonce"),
    skipDiscovery: flag("skip-oidc-discovery"),
    jwksURL: text("oidc-jwks-url"),
    publicKeyFiles: list("oidc-public-key-file"),
    emailClaim: text("oidc-email-claim") || "email",
    groupsClaim: text("oidc-groups-claim") || "groups",
    userIDClaim: text("user-id-claim") || "email",
    audienceClaims: audienceClaims.length === 0 ? ["aud"] : audienceClaims,
    extraAudiences: list("oidc-extra-audience"),
    enabledSigningAlgs: list("oidc-enabled-signing-alg"),
  };
}

/** Only the chosen vendor's own options are taken over, as in the original; Azure's always are. */
function vendorConfigs(resolving: Resolving): StructuredVendors {
  const { settings } = resolving;
  const { text, flag, list } = settings;
  const provider = text("provider");
  // Its texts are read even when another vendor is chosen: what cannot be read is an error in the original.
  const google = googleConfig(resolving);
  const chosen = {
    ...NO_VENDOR,
    azureConfig: { tenant: text("azure-tenant"), graphGroupField: text("azure-graph-group-field") },
  };
  const own: Readonly<Record<string, () => Partial<StructuredVendors>>> = {
    "entra-id": () => ({
      microsoftEntraIDConfig: {
        allowedTenants: list("entra-id-allowed-tenant"),
        federatedTokenAuth: flag("entra-id-federated-token-auth"),
      },
    }),
    keycloak: () => ({ keycloakConfig: { groups: list("keycloak-group"), roles: [] } }),
    "keycloak-oidc": () => ({ keycloakConfig: { groups: list("keycloak-group"), roles: list("allowed-role") } }),
    bitbucket: () => ({ bitbucketConfig: { team: text("bitbucket-team"), repository: text("bitbucket-repository") } }),
    github: () => ({ githubConfig: githubConfig(resolving) }),
    gitlab: () => ({ gitlabConfig: { group: list("gitlab-group"), projects: list("gitlab-project") } }),
    google: () => ({ googleConfig: google }),
    "login.gov": () => ({
      loginGovConfig: { jwtKey: text("jwt-key"), jwtKeyFile: text("jwt-key-file"), pubjwkURL: text("pubjwk-url") },
    }),
  };
  return { ...chosen, ...(Object.hasOwn(own, provider) ? own[provider]?.() : {}) };
}

function githubConfig({ settings }: Resolving): StructuredProvider["githubConfig"] {
  return {
    org: settings.text("github-org"),
    team: settings.text("github-team"),
    repo: settings.text("github-repo"),
    token: settings.text("github-token"),
    users: settings.list("github-user"),
  };
}

function googleConfig(resolving: Resolving): StructuredProvider["googleConfig"] {
  const { text, list } = resolving.settings;
  return {
    group: list("google-group"),
    adminEmail: text("google-admin-email"),
    serviceAccountJson: text("google-service-account-json"),
    useApplicationDefaultCredentials: textFlag(resolving, "google-use-application-default-credentials"),
    targetPrincipal: text("google-target-principal"),
    useOrganizationID: textFlag(resolving, "google-use-organization-id"),
    adminAPIUserScope: text("google-admin-api-user-scope"),
  };
}

/** Two of the original's flags are texts that hold a boolean: their value must be written out. */
function textFlag({ settings, problems }: Resolving, name: OptionName<"string">): boolean {
  const text = settings.text(name);
  if (text === "") return false;
  const parsed = parseOptionText("bool", text);
  if ("value" in parsed) return parsed.value === true;
  const message = `'${name.replaceAll("-", "_")}' cannot parse value as 'bool': ${parsed.error}`;
  problems.push(errorAt(settings.place(name), message, `Write --${name}=true or false.`));
  return false;
}

const NO_VENDOR: StructuredVendors = {
  azureConfig: { tenant: "common", graphGroupField: "" },
  microsoftEntraIDConfig: { allowedTenants: [], federatedTokenAuth: false },
  ADFSConfig: { skipScope: false },
  keycloakConfig: { groups: [], roles: [] },
  bitbucketConfig: { team: "", repository: "" },
  githubConfig: { org: "", team: "", repo: "", token: "", users: [] },
  gitlabConfig: { group: [], projects: [] },
  googleConfig: {
    group: [],
    adminEmail: "",
    serviceAccountJson: "",
    useApplicationDefaultCredentials: false,
    targetPrincipal: "",
    useOrganizationID: false,
    adminAPIUserScope: "",
  },
  loginGovConfig: { jwtKey: "", jwtKeyFile: "", pubjwkURL: "" },
};
