import type { OidcConnectorConfiguration } from "../connector-configuration.ts";
import { Secret } from "../../protocol/secret.ts";
import { errorAt } from "./raw-setting.ts";
import { readSecretFile } from "./read-secret-file.ts";
import { notSupportedYet } from "./refuse-unsupported.ts";
import type { Resolving } from "./resolving.ts";

/** The one identity provider that the options describe. */
export function resolveConnector(resolving: Resolving): OidcConnectorConfiguration {
  const { settings } = resolving;
  refuseOtherProviders(resolving);
  return {
    type: "oidc",
    id: "oidc",
    name: settings.text("provider-display-name") || "OpenID Connect",
    issuer: resolveIssuer(resolving),
    clientId: resolveClientId(resolving),
    clientSecret: new Secret(resolveClientSecret(resolving)),
    scopes: resolveScopes(resolving),
    clientAuthentication: "auto",
    groupsClaim: settings.text("oidc-groups-claim"),
    emailClaim: settings.text("oidc-email-claim"),
    allowUnverifiedEmail: settings.flag("insecure-oidc-allow-unverified-email"),
    ...(resolvePkce(resolving) ? { pkce: "S256" } : {}),
    nonce: !settings.flag("insecure-oidc-skip-nonce"),
    authorizationParameters: resolveParameters(resolving),
  };
}

function refuseOtherProviders({ settings, problems }: Resolving): void {
  const provider = settings.text("provider");
  if (provider !== "oidc") problems.push(notSupportedYet(settings.place("provider"), `--provider=${provider}`));
}

function resolveIssuer({ settings, problems }: Resolving): string {
  const issuer = settings.text("oidc-issuer-url");
  const place = settings.place("oidc-issuer-url");
  const remedy = "Set --oidc-issuer-url to the provider's https address, without query or fragment.";
  if (issuer === "") problems.push(errorAt(place, "missing required setting: issuer-url", remedy));
  else if (!isIssuer(issuer)) problems.push(errorAt(place, "is not the address of an issuer.", remedy));
  return issuer;
}

function isIssuer(text: string): boolean {
  return /^https?:\/\/[^/?#\s]+[^?#\s]*$/i.test(text) && URL.canParse(text);
}

function resolveClientId({ settings, problems }: Resolving): string {
  const id = settings.text("client-id");
  const remedy = "Set --client-id to what the provider knows this proxy by.";
  if (id === "") problems.push(errorAt(settings.place("client-id"), "provider missing setting: client-id", remedy));
  return id;
}

/** The literal secret wins over the file, which is then not read, as in the original. */
function resolveClientSecret(resolving: Resolving): string {
  const { settings, problems } = resolving;
  const literal = settings.text("client-secret");
  if (literal !== "") return literal;
  if (settings.text("client-secret-file") !== "") return readSecretFile(resolving, "client-secret-file") ?? "";
  const message = "missing setting: client-secret or client-secret-file";
  problems.push(errorAt(settings.place("client-secret"), message, "Set one of them."));
  return "";
}

function resolveScopes({ settings }: Resolving): readonly string[] {
  const scope = settings
    .text("scope")
    .split(" ")
    .filter((word) => word !== "");
  if (scope.length > 0) return scope.includes("openid") ? scope : ["openid", ...scope];
  const groups = settings.list("allowed-group").length > 0 ? ["groups"] : [];
  return ["openid", "email", "profile", ...groups];
}

function resolvePkce({ settings, problems }: Resolving): boolean {
  const method = settings.text("code-challenge-method");
  if (method === "plain") {
    problems.push(notSupportedYet(settings.place("code-challenge-method"), "--code-challenge-method=plain"));
  } else if (method !== "" && method !== "S256") {
    problems.push(errorAt(settings.place("code-challenge-method"), "unknown PKCE method.", "Write S256."));
  }
  return method !== "";
}

/** `approval_prompt=force` goes to every provider unless something else was asked for, as in the original. */
function resolveParameters({ settings, problems }: Resolving): Readonly<Record<string, string>> {
  const prompt = settings.text("prompt");
  const acrValues = settings.text("acr-values");
  const responseMode = settings.text("auth-request-response-mode");
  if (responseMode !== "" && responseMode !== "query") {
    const place = settings.place("auth-request-response-mode");
    problems.push(notSupportedYet(place, `--auth-request-response-mode=${responseMode}`));
  }
  return {
    ...(acrValues === "" ? {} : { acr_values: acrValues }),
    ...(prompt === "" ? { approval_prompt: settings.text("approval-prompt") || "force" } : { prompt }),
    ...(responseMode === "" ? {} : { response_mode: responseMode }),
  };
}
