import { textAt } from "../oauth2/json-field.ts";
import { askForJson } from "../oauth2/api-request.ts";
import { ConnectorError } from "../connector-error.ts";
import { unreachable } from "../oidc/upstream-request.ts";
import type { ObtainToken } from "./account-token.ts";
import type { DefaultCredentials } from "./default-credentials.ts";
import { askForToken, GOOGLE_TOKEN_URL, type GoogleTokenDeps, grantClaims, redeemAssertion } from "./google-token.ts";

export interface Impersonation {
  readonly credentials: DefaultCredentials;
  /** The service account to act as; empty = the one that the credentials are. */
  readonly principal: string;
  /** Whom it acts for by domain-wide delegation; empty = itself. */
  readonly subject: string;
}

const CREDENTIALS_API = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts";

/**
 * Tokens of a service account that other credentials may act as, without a key of it.
 * @see https://cloud.google.com/iam/docs/reference/credentials/rest
 */
export function impersonatedTokens(deps: GoogleTokenDeps, impersonation: Impersonation): ObtainToken {
  return async (scope) => {
    const own = await impersonation.credentials.token();
    if (own === undefined) throw unreachable("the default credentials may not ask for cloud-platform");
    const principal = impersonation.principal || (await impersonation.credentials.email());
    const headers = { Authorization: `Bearer ${own.accessToken}` };
    const urlOf = (method: string): URL => new URL(`${CREDENTIALS_API}/${encodeURIComponent(principal)}:${method}`);
    const { subject } = impersonation;
    if (subject === "") {
      const json = JSON.stringify({ scope: scope.split(" "), lifetime: "3600s" });
      return askForToken(deps, {
        what: "Google's credentials interface",
        url: urlOf("generateAccessToken"),
        headers,
        json,
      });
    }
    const claims = grantClaims({ issuer: principal, subject, scope, audience: GOOGLE_TOKEN_URL, now: deps.clock() });
    const json = JSON.stringify({ payload: JSON.stringify(claims) });
    const assertion = await sign(deps, { url: urlOf("signJwt"), headers, json });
    return redeemAssertion(deps, new URL(GOOGLE_TOKEN_URL), assertion);
  };
}

interface SigningRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: string;
}

async function sign(deps: GoogleTokenDeps, request: SigningRequest): Promise<string> {
  const document = await askForJson(deps.fetch, { what: "Google's credentials interface", ...request }).catch(
    (error: unknown) => {
      // It is our credentials that were refused, and not the person.
      throw error instanceof ConnectorError && error.cause instanceof Error ? unreachable(error.cause.message) : error;
    },
  );
  const assertion = textAt(document, "signedJwt");
  if (assertion === undefined) throw unreachable("Google's credentials interface signed nothing");
  return assertion;
}
