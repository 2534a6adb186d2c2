import { createPublicKey } from "node:crypto";
import type { OidcEndpoints, OidcOptions } from "../../connector-configuration.ts";
import type { StructuredProvider } from "../structured-options.ts";
import { fileTrouble, refuse, type StructuredResolving, warn } from "./structured-resolving.ts";

type OidcPart = Omit<OidcOptions, "id" | "name" | "clientId" | "clientSecret" | "scopes" | "trust" | "pkce">;

/** What all providers share that speak OpenID Connect. */
export function resolveOidc(resolving: StructuredResolving, provider: StructuredProvider): OidcPart {
  const { oidcConfig: oidc } = provider;
  checkIssuer(resolving, provider);
  checkKeys(resolving, provider);
  warnOfAddresses(resolving, provider);
  const audienceClaims = oidc.audienceClaims.filter((claim) => claim !== "");
  return {
    issuer: oidc.issuerURL,
    clientAuthentication: "auto",
    groupsClaim: oidc.groupsClaim || "groups",
    emailClaim: emailClaim(provider),
    allowUnverifiedEmail: oidc.insecureAllowUnverifiedEmail,
    nonce: !oidc.insecureSkipNonce,
    authorizationParameters: {},
    claimRules: "oauth2-proxy",
    discovery: !oidc.skipDiscovery,
    endpoints: resolveEndpoints(provider),
    publicKeys: readPublicKeys(resolving, provider),
    skipIssuerVerification: oidc.insecureSkipIssuerVerification,
    audienceClaims: audienceClaims.length === 0 ? ["aud"] : audienceClaims,
    extraAudiences: oidc.extraAudiences,
    signingAlgorithms: oidc.enabledSigningAlgs,
    skipUserinfo: provider.skipClaimsFromProfileURL,
    additionalClaims: provider.additionalClaims,
  };
}

/** The older option for the same counts while the newer one is at its default. */
function emailClaim({ oidcConfig: { emailClaim: claim, userIDClaim } }: StructuredProvider): string {
  const older = userIDClaim || "email";
  return claim === "" || claim === "email" ? older : claim;
}

function checkIssuer(resolving: StructuredResolving, { oidcConfig }: StructuredProvider): void {
  const { issuerURL, skipDiscovery } = oidcConfig;
  const remedy = "Set it to the provider's https address, without query or fragment.";
  const say = (message: string): void => refuse(resolving, "providers[0].oidcConfig.issuerURL", message, remedy);
  if (issuerURL === "") say("missing required setting: issuer-url");
  else if (!skipDiscovery && !isIssuer(issuerURL)) say("is not the address of an issuer.");
}

function isIssuer(text: string): boolean {
  return /^https?:\/\/[^/?#\s]+[^?#\s]*$/i.test(text) && URL.canParse(text);
}

function checkKeys(resolving: StructuredResolving, { oidcConfig }: StructuredProvider): void {
  const { jwksURL, publicKeyFiles, skipDiscovery } = oidcConfig;
  const path = "providers[0].oidcConfig";
  if (jwksURL !== "" && publicKeyFiles.length > 0) {
    const message = "mutually exclusive settings: jwks-url and public-key-files";
    refuse(resolving, `${path}.jwksURL`, message, "Keep one of them.");
  }
  if (skipDiscovery && jwksURL === "" && publicKeyFiles.length === 0) {
    const message = "missing required setting: jwks-url or public-key-files";
    refuse(resolving, `${path}.jwksURL`, message, "Say where the provider's keys are, or let them be discovered.");
  }
  if (!skipDiscovery && publicKeyFiles.length > 0) {
    const message = "is not looked at, because the provider's keys are discovered";
    warn(resolving, `${path}.publicKeyFiles`, message, "Remove it, or skip the discovery.");
  }
}

/** They may be left out where only bearer tokens are looked at. Azure's have defaults. */
function warnOfAddresses(resolving: StructuredResolving, provider: StructuredProvider): void {
  if (!provider.oidcConfig.skipDiscovery || provider.provider === "azure") return;
  const message = "is missing, and nothing is discovered: nobody can sign in with the browser";
  if (provider.loginURL === "") warn(resolving, "providers[0].loginURL", message, "Set it.");
  if (provider.redeemURL === "") warn(resolving, "providers[0].redeemURL", message, "Set it.");
}

function resolveEndpoints(provider: StructuredProvider): OidcEndpoints {
  const { loginURL, redeemURL, profileURL, validateURL, oidcConfig } = provider;
  return {
    authorization: loginURL,
    token: redeemURL,
    userinfo: profileURL,
    jwks: oidcConfig.jwksURL,
    validate: validateURL,
  };
}

function readPublicKeys(resolving: StructuredResolving, { oidcConfig }: StructuredProvider): readonly string[] {
  if (!oidcConfig.skipDiscovery) return [];
  return oidcConfig.publicKeyFiles.map((file, index) => {
    const say = (reason: string): void => {
      const path = `providers[0].oidcConfig.publicKeyFiles[${index}]`;
      refuse(
        resolving,
        path,
        `error while parsing public keys: ${reason}`,
        "Give a file with a PUBLIC KEY in PEM form.",
      );
    };
    try {
      const text = resolving.readFile(file);
      if (!isPublicKey(text)) say("failed to create keys: failed to parse PEM block containing the public key");
      return text;
    } catch (error) {
      say(`failed to read file: ${fileTrouble(file, error)}`);
      return "";
    }
  });
}

function isPublicKey(text: string): boolean {
  if (!text.includes("-----BEGIN PUBLIC KEY-----")) return false;
  try {
    return createPublicKey(text).type === "public";
  } catch {
    return false;
  }
}
