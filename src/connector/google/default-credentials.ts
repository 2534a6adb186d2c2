import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { askApi } from "../oauth2/api-request.ts";
import { textAt } from "../oauth2/json-field.ts";
import { parseJson, unreachable } from "../oidc/upstream-request.ts";
import { askForToken, GOOGLE_TOKEN_URL, type GoogleToken, type GoogleTokenDeps } from "./google-token.ts";
import { externalAccountToken, readExternalAccount } from "./external-account.ts";
import { readServiceAccount, serviceAccountTokens } from "./service-account.ts";

/** Variables of the environment that Google's own libraries look at. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a process may use without being configured. */
export interface DefaultCredentials {
  /** @returns undefined when they may not have this scope. */
  token(): Promise<GoogleToken | undefined>;
  /** The service account they are. @throws {Error} when they are none. */
  email(): Promise<string>;
}

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const WELL_KNOWN = "gcloud/application_default_credentials.json";

/**
 * Application default credentials: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, the one that `gcloud` wrote, or the
 * metadata server of the machine (also GKE's workload identity).
 *
 * @throws {Error} when a file is there but not usable.
 * @see https://google.aip.dev/auth/4110
 */
export async function findDefaultCredentials(
  deps: GoogleTokenDeps,
  environment: Environment,
): Promise<DefaultCredentials> {
  const file = credentialsFile(environment);
  if (file === undefined) return metadataCredentials(deps, environment);
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`the credentials file ${file} cannot be read`);
  });
  return credentialsOf(deps, parseJson(text)).catch((error: unknown) => {
    throw new Error(
      `the credentials file ${file} is not usable: ${error instanceof Error ? error.message : "unknown failure"}`,
    );
  });
}

/** Where the file of default credentials is; absent when there is none, so that the machine's own are meant. */
export function credentialsFile(environment: Environment): string | undefined {
  const named = environment.GOOGLE_APPLICATION_CREDENTIALS ?? "";
  if (named !== "") return named;
  const home = environment.CLOUDSDK_CONFIG ?? (environment.HOME && join(environment.HOME, ".config/gcloud"));
  const wellKnown = home && join(home, WELL_KNOWN.slice("gcloud/".length));
  return wellKnown !== undefined && wellKnown !== "" && existsSync(wellKnown) ? wellKnown : undefined;
}

async function credentialsOf(deps: GoogleTokenDeps, document: unknown): Promise<DefaultCredentials> {
  const type = textAt(document, "type");
  if (type === "service_account") {
    const account = await readServiceAccount(document);
    const obtain = serviceAccountTokens(deps, account, "");
    return { token: () => obtain(SCOPE), email: () => Promise.resolve(account.email) };
  }
  if (type === "authorized_user") return userCredentials(deps, document);
  if (type === "external_account") {
    const external = readExternalAccount(document);
    return { token: () => externalAccountToken(deps, external, SCOPE), email: () => Promise.reject(noPrincipal()) };
  }
  throw new Error(
    `credentials of the type ${JSON.stringify(type ?? "")} are not understood: use service_account, external_account or authorized_user, or the machine's own`,
  );
}

function userCredentials(deps: GoogleTokenDeps, document: unknown): DefaultCredentials {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: textAt(document, "client_id") ?? "",
    client_secret: textAt(document, "client_secret") ?? "",
    refresh_token: textAt(document, "refresh_token") ?? "",
  });
  const request = { what: "Google's token endpoint", url: new URL(GOOGLE_TOKEN_URL), headers: {}, form };
  return { token: () => askForToken(deps, request), email: () => Promise.reject(noPrincipal()) };
}

function metadataCredentials(deps: GoogleTokenDeps, environment: Environment): DefaultCredentials {
  const host = environment.GCE_METADATA_HOST || "169.254.169.254";
  const base = `http://${host}/computeMetadata/v1/instance/service-accounts/default`;
  const what = "the metadata server";
  const headers = { "Metadata-Flavor": "Google" };
  return {
    token: () =>
      askForToken(deps, { what, headers, url: new URL(`${base}/token?scopes=${encodeURIComponent(SCOPE)}`) }),
    email: async () => {
      const { status, text } = await askApi(deps.fetch, { what, headers, url: new URL(`${base}/email`) });
      if (status !== 200 || !text.includes("@"))
        throw unreachable(`${what} names no service account (status ${status})`);
      return text.trim();
    },
  };
}

function noPrincipal(): Error {
  return unreachable(
    "the default credentials are no service account: name the one to act as (--google-target-principal)",
  );
}
