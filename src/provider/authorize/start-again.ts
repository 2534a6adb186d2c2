import { goQuery } from "../../protocol/go-query.ts";
import { PublicError } from "../../protocol/public-error.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { extrasOf, withoutExtras } from "../request-extras.ts";
import type { AuthRequest } from "../storage-model.ts";
import { formatClaimsParameter } from "./claims-parameter.ts";

/** A login that failed on the way, and where to begin it anew. */
export class LoginFailedError extends PublicError {
  readonly startAgainHref: string;

  constructor(
    startAgainHref: string,
    shown: { readonly status: number; readonly code: string; readonly publicMessage: string },
  ) {
    super(shown);
    this.startAgainHref = startAgainHref;
  }
}

/** What people are told of a failure at the upstream; the log has the reason. */
export const FAILED = {
  status: 500,
  code: "login_upstream_error",
  publicMessage: "Authentication failed. Please contact your administrator or try again later.",
};

export const NOT_A_MEMBER = {
  status: 403,
  code: "login_denied",
  publicMessage: "You are not a member of any of the required groups to authenticate.",
};

/** The address that makes a stored request once more: what its client sent, which is checked again. */
export function startAgainPath(provider: ProviderContext, request: AuthRequest): string {
  const { responseMode = "", acrValues = "", claims } = extrasOf(request.scopes);
  const parameters: readonly (readonly [string, string])[] = [
    ["client_id", request.clientId],
    ["redirect_uri", request.redirectUri],
    ["response_type", request.responseTypes.join(" ")],
    ["scope", withoutExtras(request.scopes).join(" ")],
    ["state", request.state],
    ["nonce", request.nonce],
    ["code_challenge", request.codeChallenge],
    ["code_challenge_method", request.codeChallenge === "" ? "" : request.codeChallengeMethod],
    ["prompt", request.prompt],
    ["max_age", request.maxAge < 0 ? "" : String(request.maxAge)],
    ["response_mode", responseMode],
    ["acr_values", acrValues],
    ["claims", claims === undefined ? "" : formatClaimsParameter(claims)],
    ["approval_prompt", request.forceApprovalPrompt ? "force" : ""],
  ];
  return `${provider.root}/auth?${goQuery(parameters.filter(([, value]) => value !== ""))}`;
}
