import { hasPkceForm } from "../../protocol/pkce.ts";
import { randomId } from "../../protocol/random-id.ts";
import { parseScopes } from "../../protocol/scope.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import { type RequestedClaims, withExtras } from "../request-extras.ts";
import { scopeProblem } from "../scope-problem.ts";
import { verifyJwt } from "../signing-keys/jwt.ts";
import type { AuthRequest } from "../storage-model.ts";
import { isAllowedConnector } from "../usable-connector.ts";
import { parseClaimsParameter } from "./claims-parameter.ts";
import { responseModeOf } from "./client-answer.ts";
import { checkResponseTypes, parseResponseTypes } from "./response-types.ts";
import { type Refuse, RedirectedError } from "./shown-error.ts";
import type { ValidClient } from "./validate-client.ts";

/**
 * Check everything else of an authorization request, in dex's order, and make the request that is stored.
 *
 * @throws {RedirectedError} for the client, in the words that dex uses.
 * @see OpenID Connect Core §3.1.2.2
 */
export async function validateRequest(
  provider: ProviderContext,
  valid: ValidClient,
  parameters: URLSearchParams,
): Promise<AuthRequest> {
  const { client, redirectUri } = valid;
  const get = (name: string): string => parameters.get(name) ?? "";
  const state = get("state") || wishOf(get("request"), "state");
  const responseTypes = parseResponseTypes(get("response_type"));
  const responseMode = responseModeOf(get("response_mode") || wishOf(get("request"), "response_mode"), responseTypes);
  const refuse: Refuse = (error, description) => {
    throw new RedirectedError({ redirectUri, state, responseMode }, error, description);
  };
  const connectorId = await checkConnector(provider, valid, get("connector_id"), refuse);
  refuseRequestObjects(parameters, refuse);
  const pkce = checkPkce(provider, valid, parameters, refuse);
  const scopes = await checkScopes(provider, client.id, get("scope"), refuse);
  checkResponseTypes(provider.configuration, { types: responseTypes, redirectUri, nonce: get("nonce") }, refuse);
  const prompt = checkPrompt(get("prompt"), refuse);
  const maxAge = checkMaxAge(get("max_age"), refuse);
  await checkHint(provider, get("id_token_hint"), refuse);
  const claims = checkClaims(get("claims"), refuse);
  const isUsualMode = responseMode === responseModeOf("", responseTypes);
  return {
    id: randomId(),
    clientId: client.id,
    responseTypes,
    scopes: withExtras(scopes, {
      ...(isUsualMode ? {} : { responseMode }),
      ...(claims && { claims }),
      ...(get("acr_values") === "" ? {} : { acrValues: get("acr_values") }),
    }),
    redirectUri,
    nonce: get("nonce"),
    state,
    forceApprovalPrompt: get("approval_prompt") === "force" || prompt.includes("consent"),
    loggedIn: false,
    claims: { userId: "", username: "", preferredUsername: "", email: "", emailVerified: false, groups: [] },
    connectorId,
    expiry: provider.clock() + provider.configuration.authRequestSeconds,
    ...pkce,
    hmacKey: randomId(32),
    prompt: prompt.join(" "),
    maxAge,
    authTime: 0,
  };
}

/** A request object is refused, but in the way that it asks to be answered in; nothing else of it is believed. */
function wishOf(requestObject: string, name: "response_mode" | "state"): string {
  try {
    const claims: unknown = JSON.parse(Buffer.from(requestObject.split(".")[1] ?? "", "base64url").toString());
    const wish: unknown = Object.entries(claims ?? {}).find(([member]) => member === name)?.[1];
    return typeof wish === "string" ? wish : "";
  } catch {
    return "";
  }
}

async function checkConnector(
  provider: ProviderContext,
  { client }: ValidClient,
  id: string,
  refuse: Refuse,
): Promise<string> {
  if (id === "") return "";
  if ((await provider.connectors.find(id)) === undefined) refuse("invalid_request", "Invalid ConnectorID");
  if (!isAllowedConnector(client, id)) refuse("invalid_request", "Connector not allowed for this client");
  return id;
}

/** Request objects would say something else than what is checked here (OpenID Connect Core §6). */
function refuseRequestObjects(parameters: URLSearchParams, refuse: Refuse): void {
  if (parameters.has("request")) refuse("request_not_supported", "Server does not support request parameter.");
  if (parameters.has("request_uri")) {
    refuse("request_uri_not_supported", "Server does not support request_uri parameter.");
  }
}

/** A public client has no other proof that the code is its own, so in the native dialect it needs PKCE (RFC 9700 §2.1.1). */
function checkPkce(
  provider: ProviderContext,
  { client }: ValidClient,
  parameters: URLSearchParams,
  refuse: Refuse,
): Pick<AuthRequest, "codeChallenge" | "codeChallengeMethod"> {
  const codeChallenge = parameters.get("code_challenge") ?? "";
  const codeChallengeMethod = parameters.get("code_challenge_method") || "plain";
  const { methods, enforce } = provider.configuration.pkce;
  const isSent = codeChallenge !== "" || parameters.has("code_challenge_method");
  if (isSent && !methods.some((one) => one === codeChallengeMethod)) {
    refuse("invalid_request", `Unsupported PKCE challenge method (${JSON.stringify(codeChallengeMethod)}).`);
  }
  if (codeChallenge === "") {
    if (enforce || (client.public && isNative(provider))) {
      refuse("invalid_request", "PKCE is required. The code_challenge parameter must be provided.");
    }
  } else if (isNative(provider) && !hasPkceForm(codeChallenge)) {
    refuse("invalid_request", "code_challenge must be 43 to 128 unreserved characters.");
  }
  return { codeChallenge, codeChallengeMethod };
}

async function checkScopes(
  provider: ProviderContext,
  clientId: string,
  scope: string,
  refuse: Refuse,
): Promise<readonly string[]> {
  const scopes = parseScopes(scope);
  if (!scopes.includes("openid")) refuse("invalid_scope", 'Missing required scope(s) ["openid"].');
  const problem = await scopeProblem(provider, clientId, scopes);
  if (problem !== undefined) refuse("invalid_scope", problem);
  return scopes;
}

function checkPrompt(prompt: string, refuse: Refuse): readonly string[] {
  const words = prompt.split(" ").filter((word) => word !== "");
  const wrong = words.find((word) => !["none", "login", "consent", "select_account"].includes(word));
  if (wrong !== undefined) {
    refuse("invalid_request", `Invalid prompt parameter: invalid prompt value ${JSON.stringify(wrong)}`);
  }
  if (words.includes("none") && words.length > 1) {
    refuse("invalid_request", "Invalid prompt parameter: prompt=none must not be combined with other values");
  }
  return words;
}

/** @returns seconds, -1 when absent. */
function checkMaxAge(maxAge: string, refuse: Refuse): number {
  if (maxAge === "") return -1;
  if (!/^\+?\d{1,9}$/.test(maxAge)) refuse("invalid_request", `Invalid max_age value ${JSON.stringify(maxAge)}`);
  return Number(maxAge);
}

function checkClaims(claims: string, refuse: Refuse): RequestedClaims | undefined {
  if (claims === "") return undefined;
  const parsed = parseClaimsParameter(claims);
  if (parsed === undefined) refuse("invalid_request", "The claims parameter is no JSON object of claims.");
  return parsed;
}

/** A token of ours, however old. */
async function checkHint(provider: ProviderContext, hint: string, refuse: Refuse): Promise<void> {
  if (hint === "") return;
  const jwt = verifyJwt(await provider.keys.current(), hint);
  if (jwt?.claims["iss"] !== provider.configuration.issuer) refuse("invalid_request", "Invalid id_token_hint.");
}
