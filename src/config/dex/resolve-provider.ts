import type { ProviderConfiguration, RefreshPolicy } from "../provider-configuration.ts";
import { parseGoDuration } from "../go-duration.ts";
import { flagAt, isTrueAt, listAt, objectAt, placeAt, textAt } from "./config-object.ts";
import { errorAt, warningAt } from "./dex-problem.ts";
import { CONNECTOR_GRANTS, DEVICE_CODE, TOKEN_EXCHANGE } from "./grant-types.ts";
import { refuseType } from "./refuse-type.ts";
import type { Resolving } from "./resolve.ts";
import { resolveClients } from "./resolve-clients.ts";
import { resolveConnectorGrantTypes } from "./resolve-connectors.ts";
import { resolveVault } from "./resolve-vault.ts";
import { resolveCors, resolveFrontend, resolveHeaders } from "./resolve-web.ts";

/** Everything about tokens, codes and clients. */
export function resolveProvider(resolving: Resolving): ProviderConfiguration {
  const { root } = resolving;
  const responseTypes = resolveResponseTypes(resolving);
  const frontend = resolveFrontend(resolving);
  return {
    issuer: textAt(root, "issuer"),
    clients: resolveClients(resolving),
    skipApproval: isTrueAt(root, "oauth2.skipApprovalScreen"),
    alwaysShowLoginScreen: isTrueAt(root, "oauth2.alwaysShowLoginScreen"),
    idTokenSeconds: secondsAt(resolving, "expiry.idTokens", "id token expiry") || 86_400,
    authRequestSeconds: secondsAt(resolving, "expiry.authRequests", "auth request expiry") || 86_400,
    refresh: resolveRefresh(resolving),
    signing: resolveSigning(resolving),
    pkce: { methods: resolvePkceMethods(resolving), enforce: isTrueAt(root, "oauth2.pkce.enforce") },
    sharedSession: false,
    grantTypes: resolveGrantTypes(resolving, responseTypes),
    responseTypes,
    deviceRequestSeconds: secondsAt(resolving, "expiry.deviceRequests", "device request expiry") || 300,
    passwordConnector: textAt(root, "oauth2.passwordConnector"),
    connectorGrantTypes: resolveConnectorGrantTypes(resolving),
    cors: resolveCors(resolving),
    headers: resolveHeaders(resolving),
    ...(frontend === undefined ? {} : { frontend }),
    ...(resolving.toleratesBrokenConnectors ? {} : { requireConnectors: true }),
  };
}

/** A duration in seconds; 0 when missing or wrong, which is an error in the original's words. */
function secondsAt({ root, problems }: Resolving, path: string, what: string): number {
  const text = textAt(root, path);
  if (text === "") return 0;
  const parsed = parseGoDuration(text);
  const place = placeAt(root, path);
  const remedy = "Write a duration with a unit, such as 24h or 1h30m; there is no unit for days.";
  if ("error" in parsed) {
    problems.push(errorAt(place, `invalid config value ${JSON.stringify(text)} for ${what}: ${parsed.error}`, remedy));
    return 0;
  }
  if (parsed.seconds < 0) problems.push(errorAt(place, "must not be negative.", remedy));
  return parsed.seconds;
}

function resolveRefresh(resolving: Resolving): RefreshPolicy {
  const at = (name: string, what: string): number => secondsAt(resolving, `expiry.refreshTokens.${name}`, what);
  return {
    rotate: flagAt(resolving.root, "expiry.refreshTokens.disableRotation") !== true,
    reuseIntervalSeconds: at("reuseInterval", "refresh tokens reuse interval"),
    absoluteLifetimeSeconds: at("absoluteLifetime", "refresh tokens absolute lifetime"),
    idleLifetimeSeconds: at("validIfNotUsedFor", "refresh token valid if not used for"),
  };
}

const SIX_HOURS = 21_600;

/** Without `signer`: RS256, rotated as the old key `expiry.signingKeys` says. */
function resolveSigning(resolving: Resolving): ProviderConfiguration["signing"] {
  const { root, problems } = resolving;
  const old = secondsAt(resolving, "expiry.signingKeys", "local signer rotation period");
  const signer = objectAt(root, "signer");
  if (signer === undefined) return { type: "local", algorithm: "RS256", rotationSeconds: old || SIX_HOURS };
  if (refuseType(resolving, signer, "signer")) return { type: "local", algorithm: "RS256", rotationSeconds: SIX_HOURS };
  if (old !== 0) {
    problems.push(
      warningAt(placeAt(root, "expiry.signingKeys"), "has no effect beside signer.", "Set keysRotationPeriod there."),
    );
  }
  if (textAt(signer, "type") === "vault") return resolveVault(resolving);
  const rotationSeconds = secondsAt(resolving, "signer.config.keysRotationPeriod", "local signer rotation period");
  if (textAt(signer, "config.keysRotationPeriod") === "") {
    const message = "failed to open local signer: signer.config.keysRotationPeriod must be specified";
    problems.push(errorAt(placeAt(signer, "config.keysRotationPeriod"), message, "Set it, such as 6h."));
  }
  return { type: "local", algorithm: resolveAlgorithm(resolving), rotationSeconds: rotationSeconds || SIX_HOURS };
}

function resolveAlgorithm({ root, problems }: Resolving): "RS256" | "ES256" {
  const algorithm = textAt(root, "signer.config.algorithm") || "RS256";
  if (algorithm === "RS256" || algorithm === "ES256") return algorithm;
  const message = `unsupported local signer algorithm ${JSON.stringify(algorithm)}`;
  problems.push(errorAt(placeAt(root, "signer.config.algorithm"), message, "Write RS256 or ES256."));
  return "RS256";
}

const RESPONSE_TYPES: readonly string[] = [
  "code",
  "token",
  "id_token",
  "code token",
  "code id_token",
  "id_token token",
  "code id_token token",
];

function resolveResponseTypes({ root, problems }: Resolving): readonly string[] {
  const types = listAt(root, "oauth2.responseTypes");
  for (const type of types.filter((name) => !RESPONSE_TYPES.includes(name))) {
    const message = `unsupported response_type ${JSON.stringify(type)}`;
    const remedy = `Write some of ${RESPONSE_TYPES.map((name) => JSON.stringify(name)).join(", ")}.`;
    problems.push(errorAt(placeAt(root, "oauth2.responseTypes"), message, remedy));
  }
  return types.length === 0 ? ["code"] : [...new Set(types)].toSorted();
}

const GRANTS = [...CONNECTOR_GRANTS, "client_credentials"];

/** All that the rest of the file makes possible, or those of the list that are possible. */
function resolveGrantTypes(resolving: Resolving, responseTypes: readonly string[]): readonly string[] {
  const { root, problems, grantsClientCredentials } = resolving;
  const possible = [
    "authorization_code",
    "refresh_token",
    DEVICE_CODE,
    TOKEN_EXCHANGE,
    ...(responseTypes.some((type) => type.split(" ").includes("token")) ? ["implicit"] : []),
    ...(textAt(root, "oauth2.passwordConnector") === "" ? [] : ["password"]),
  ];
  const wanted = listAt(root, "oauth2.grantTypes");
  if (wanted.length === 0) {
    return [...possible, ...(grantsClientCredentials ? ["client_credentials"] : [])].toSorted();
  }
  for (const grant of wanted.filter((name) => !GRANTS.includes(name))) {
    const message = `unknown grant type ${JSON.stringify(grant)} is ignored.`;
    problems.push(warningAt(placeAt(root, "oauth2.grantTypes"), message, `Write some of ${GRANTS.join(", ")}.`));
  }
  return [...new Set(wanted)].filter((grant) => [...possible, "client_credentials"].includes(grant)).toSorted();
}

function resolvePkceMethods({ root, problems }: Resolving): readonly ("S256" | "plain")[] {
  const path = "oauth2.pkce.codeChallengeMethodsSupported";
  const methods = listAt(root, path);
  const isMethod = (method: string): method is "S256" | "plain" => method === "S256" || method === "plain";
  for (const method of methods.filter((name) => !isMethod(name))) {
    const message = `unsupported PKCE challenge method ${JSON.stringify(method)}`;
    problems.push(errorAt(placeAt(root, path), message, "Write S256 or plain."));
  }
  const known = methods.filter(isMethod);
  return known.length === 0 ? ["S256", "plain"] : known;
}
