import { readFile } from "node:fs/promises";
import type { ObtainToken } from "../../google/account-token.ts";
import { credentialsFile, type Environment, findDefaultCredentials } from "../../google/default-credentials.ts";
import type { GoogleTokenDeps } from "../../google/google-token.ts";
import { impersonatedTokens } from "../../google/impersonated-account.ts";
import { readServiceAccount, serviceAccountTokens } from "../../google/service-account.ts";
import { textAt } from "../../oauth2/json-field.ts";
import { parseJson, unreachable } from "../../oidc/upstream-request.ts";

export interface Administrator {
  /** Empty = the default credentials. */
  readonly serviceAccountFile: string;
  /** Address of the administrator to act for. */
  readonly administrator: string;
  readonly environment: Environment;
}

/**
 * Tokens to ask as an administrator, by domain-wide delegation to a service account: the one whose key is in the configured file or
 * in that of the default credentials, else the machine's own.
 *
 * The account is looked for when it is first needed, so that a file that is not usable stops neither the start nor other connectors.
 */
export function administratorTokens(deps: GoogleTokenDeps, administrator: Administrator): ObtainToken {
  return async (scope) => {
    const obtain = await findAccount(deps, administrator).catch((error: unknown) => {
      throw unreachable(
        `no account to ask for groups as: ${error instanceof Error ? error.message : "unknown failure"}`,
      );
    });
    return obtain(scope);
  };
}

async function findAccount(
  deps: GoogleTokenDeps,
  { serviceAccountFile, administrator: subject, environment }: Administrator,
): Promise<ObtainToken> {
  const file = serviceAccountFile || credentialsFile(environment);
  const document = file === undefined ? undefined : await readKey(file);
  if (serviceAccountFile !== "" || textAt(document, "type") === "service_account") {
    return serviceAccountTokens(deps, await readServiceAccount(document), subject);
  }
  const credentials = await findDefaultCredentials(deps, environment);
  return impersonatedTokens(deps, { credentials, principal: "", subject });
}

async function readKey(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`the service account's file ${file} cannot be read`);
  });
  return parseJson(text);
}
