import type { StructuredProvider } from "../structured-options.ts";
import { refuse, type StructuredResolving, warn } from "./structured-resolving.ts";

/** What must hold for every provider of the list, though only the first is used. */
export function checkProviders(resolving: StructuredResolving, providers: readonly StructuredProvider[]): void {
  if (providers.length === 0) {
    refuse(resolving, "providers", "at least one provider has to be defined", "Describe your identity provider.");
  }
  if (providers.length > 1) {
    warn(resolving, "providers[1]", "only the first provider is used", "Remove the others.");
  }
  const ids = new Set<string>();
  for (const [index, provider] of providers.entries()) {
    const path = `providers[${index}]`;
    checkId(resolving, provider, { path, ids });
    checkClient(resolving, provider, path);
    checkAlgorithms(resolving, provider, path);
    if (provider.provider === "google") checkGoogle(resolving, provider, path);
    if (provider.provider === "entra-id") checkEntra(resolving, provider, path);
  }
}

function checkId(
  resolving: StructuredResolving,
  { id }: StructuredProvider,
  { path, ids }: { readonly path: string; readonly ids: Set<string> },
): void {
  if (id === "") {
    refuse(resolving, `${path}.id`, "provider has empty id: ids are required for all providers", "Give it an id.");
  }
  if (ids.has(id)) {
    const message = `multiple providers found with id ${id}: provider ids must be unique`;
    refuse(resolving, `${path}.id`, message, "Give each one of its own.");
  }
  ids.add(id);
}

function checkClient(resolving: StructuredResolving, provider: StructuredProvider, path: string): void {
  const { clientID, clientSecret, clientSecretFile, microsoftEntraIDConfig } = provider;
  if (clientID === "") {
    const remedy = "Set it to what the provider knows this proxy by.";
    refuse(resolving, `${path}.clientID`, "provider missing setting: client-id", remedy);
  }
  const isFederated = provider.provider === "entra-id" && microsoftEntraIDConfig.federatedTokenAuth;
  if (isFederated || provider.provider === "login.gov") return;
  if (clientSecret === "" && clientSecretFile === "") {
    refuse(
      resolving,
      `${path}.clientSecret`,
      "missing setting: client-secret or client-secret-file",
      "Set one of them.",
    );
  }
}

const ALGORITHMS = /^(?:EdDSA|(?:[HREP]S)(?:256|384|512))$/;

function checkAlgorithms(resolving: StructuredResolving, { id, oidcConfig }: StructuredProvider, path: string): void {
  for (const [index, algorithm] of oidcConfig.enabledSigningAlgs.entries()) {
    if (ALGORITHMS.test(algorithm)) continue;
    const message = `provider ${id} has invalid EnabledSigningAlgs entry ${JSON.stringify(algorithm)}`;
    const place = `${path}.oidcConfig.enabledSigningAlgs[${index}]`;
    refuse(resolving, place, message, "Write a name such as RS256 or ES256.");
  }
}

function checkGoogle(resolving: StructuredResolving, { googleConfig }: StructuredProvider, path: string): void {
  const { adminEmail, serviceAccountJson, useApplicationDefaultCredentials, group, useOrganizationID } = googleConfig;
  const say = (key: string, message: string, remedy: string): void =>
    refuse(resolving, `${path}.googleConfig.${key}`, message, remedy);
  if (adminEmail === "" && serviceAccountJson === "" && !useApplicationDefaultCredentials) {
    // The original lets everybody in then, and with an organization id it does not start.
    if (group.some((name) => name !== "")) say("group", "Google cannot be asked about groups like this", GOOGLE_REMEDY);
    if (useOrganizationID) say("useOrganizationID", "couldn't open Google credentials file", GOOGLE_REMEDY);
    return;
  }
  if (adminEmail === "") say("adminEmail", "missing setting: google-admin-email", "Name an administrator.");
  const trouble = googleCredentialsTrouble(resolving, googleConfig);
  if (trouble !== undefined) say("serviceAccountJson", trouble.message, trouble.remedy);
}

function googleCredentialsTrouble(
  resolving: StructuredResolving,
  { serviceAccountJson, useApplicationDefaultCredentials }: StructuredProvider["googleConfig"],
): { readonly message: string; readonly remedy: string } | undefined {
  if (useApplicationDefaultCredentials) {
    if (serviceAccountJson === "") return undefined;
    const both = "google-service-account-json and google-use-application-default-credentials";
    return { message: `invalid setting: can't use both ${both}`, remedy: "Keep one of them." };
  }
  if (serviceAccountJson === "") {
    const either = "google-service-account-json or google-use-application-default-credentials";
    return { message: `missing setting: ${either}`, remedy: "Set one of them." };
  }
  if (isReadable(resolving, serviceAccountJson)) return undefined;
  return {
    message: `Google credentials file not found: ${serviceAccountJson}`,
    remedy: "Check its name and its mode.",
  };
}

const GOOGLE_REMEDY = "Name an administrator, and a service account's key file or application default credentials.";

function checkEntra(
  resolving: StructuredResolving,
  { microsoftEntraIDConfig }: StructuredProvider,
  path: string,
): void {
  if (!microsoftEntraIDConfig.federatedTokenAuth) return;
  const place = `${path}.microsoftEntraIDConfig.federatedTokenAuth`;
  const file = resolving.env["AZURE_FEDERATED_TOKEN_FILE"] ?? "";
  if (file === "") {
    const message =
      "entra federated token authentication is enabled, but AZURE_FEDERATED_TOKEN_FILE variable is not set";
    refuse(resolving, place, message, "Check your workload identity configuration.");
  } else if (!isReadable(resolving, file)) {
    refuse(resolving, place, "could not read entra federated token file", "Check the file that the variable names.");
  }
}

function isReadable({ readFile }: StructuredResolving, file: string): boolean {
  try {
    readFile(file);
    return true;
  } catch {
    return false;
  }
}
