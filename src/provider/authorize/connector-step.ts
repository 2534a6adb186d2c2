import { ConnectorError } from "../../connector/connector-error.ts";
import type { Connector, FormPostConnector, LoginTransaction, RedirectConnector } from "../../connector/connector.ts";
import { describeCause } from "../../http/error-response.ts";
import { redirect } from "../../http/redirect.ts";
import { goQuery } from "../../protocol/go-query.ts";
import type { ProviderConnector, ProviderContext } from "../provider-deps.ts";
import type { AuthRequest, Client } from "../storage-model.ts";
import { allowsGrant, isAllowedConnector } from "../usable-connector.ts";
import { beginLogin } from "./login-binding.ts";
import { readParameters } from "../read-parameters.ts";
import { extrasOf } from "../request-extras.ts";
import { answerTo } from "./respond.ts";
import { grantOf, parseResponseTypes } from "./response-types.ts";
import { RedirectedError, shownError } from "./shown-error.ts";
import { validateClient } from "./validate-client.ts";
import { validateRequest } from "./validate-request.ts";

/** `/auth` where people log in at every request: which connector? Nothing but the client is checked yet, as in dex. */
export async function chooseConnector(
  provider: ProviderContext,
  request: Request,
  parameters: URLSearchParams,
): Promise<Response> {
  const client = await provider.store.clients.find(parameters.get("client_id") ?? "");
  if (client === undefined) throw shownError(400, "Invalid client_id provided.", "unknown_client");
  if ((parameters.get("prompt") ?? "").split(" ").includes("none")) {
    throw loginRequired(await validateRequest(provider, await validateClient(provider, parameters), parameters));
  }
  const connectors = await offeredConnectors(provider, client, parameters);
  if (connectors.length === 0) throw shownError(400, "No connectors available for this client.");
  const chosen = chosenConnector(provider, connectors, parameters.get("connector_id") ?? "");
  if (chosen !== undefined) return redirect(302, connectorPath(provider, chosen, parameters));
  return showChoice(provider, request, { client, connectors, parameters });
}

/** The one that was asked for, or the only one there is; undefined when a person must choose. */
function chosenConnector(
  provider: ProviderContext,
  connectors: readonly ProviderConnector[],
  wanted: string,
): string | undefined {
  if (wanted === "") {
    const [only, ...more] = connectors;
    return more.length > 0 || provider.configuration.alwaysShowLoginScreen ? undefined : only?.id;
  }
  if (connectors.some(({ id }) => id === wanted)) return wanted;
  throw shownError(400, "Connector ID does not match a valid Connector");
}

interface Choice {
  readonly client: Client;
  readonly connectors: readonly ProviderConnector[];
  readonly parameters: URLSearchParams;
}

function showChoice(provider: ProviderContext, request: Request, choice: Choice): Response {
  return provider.pages.signIn(request, {
    status: 200,
    application: choice.client.name,
    connectors: choice.connectors
      .toSorted((a, b) => a.name.toLowerCase().localeCompare(b.name.toLowerCase()))
      .map(({ id, name, type, connector }) => ({
        id,
        name,
        type,
        href: connectorPath(provider, id, choice.parameters),
        reachable: connector?.status().reachable ?? false,
        lastUsed: false,
      })),
    forms: [],
  });
}

/** Those that this client's users may use for what it asks. */
async function offeredConnectors(
  provider: ProviderContext,
  client: Client,
  parameters: URLSearchParams,
): Promise<readonly ProviderConnector[]> {
  const types = parseResponseTypes(parameters.get("response_type") ?? "");
  const grant = grantOf(parameters.get("redirect_uri") ?? "", types);
  const all = await provider.connectors.list();
  return all.filter((one) => allowsGrant(one, grant) && isAllowedConnector(client, one.id));
}

/** Nobody stays logged in here, so without a page nobody can log in (OpenID Connect Core §3.1.2.1). */
function loginRequired(authRequest: AuthRequest): RedirectedError {
  return new RedirectedError(answerTo(authRequest), "login_required", "User not authenticated");
}

/**
 * `/auth/{connector}`: check the whole request, store it, and begin logging in at this connector.
 *
 * @param count is called before a request is stored, and may throw.
 */
export async function connectorStep(
  provider: ProviderContext,
  request: Request,
  id: string,
  count: () => void,
): Promise<Response> {
  const parameters = await readParameters(request);
  const valid = await validateClient(provider, parameters);
  const authRequest = { ...(await validateRequest(provider, valid, parameters)), connectorId: id };
  if (!isAllowedConnector(valid.client, id)) throw shownError(403, "Connector not allowed for this client.");
  const found = await provider.connectors.find(id);
  if (found?.connector === undefined) throw shownError(400, "Connector failed to initialize");
  if (!allowsGrant(found, grantOf(authRequest.redirectUri, authRequest.responseTypes))) {
    throw shownError(400, "Requested connector does not support this grant type.");
  }
  const wanted = parameters.get("connector_id") ?? "";
  if (wanted !== "" && wanted !== id) throw shownError(400, "Bad connector ID");
  if (request.method !== "GET" && request.method !== "HEAD") throw shownError(400, "Unsupported request method.");
  if (authRequest.prompt === "none") throw loginRequired(authRequest);
  count();
  return beginAt(provider, request, { connector: found.connector, authRequest, parameters });
}

interface Beginning {
  readonly connector: Connector;
  readonly authRequest: AuthRequest;
  readonly parameters: URLSearchParams;
}

async function beginAt(provider: ProviderContext, request: Request, beginning: Beginning): Promise<Response> {
  const { connector, authRequest } = beginning;
  if (connector.kind === "password") {
    await provider.store.authRequests.create(authRequest);
    return redirect(302, await passwordPath(provider, beginning));
  }
  const begun = beginLogin(provider, request, authRequest, connector.kind);
  const transaction = withHints(begun.transaction, beginning);
  const { response, pkceMethod } = await sendAway(provider, request, connector, transaction);
  await provider.store.authRequests.create({ ...authRequest, connectorData: begun.connectorData(pkceMethod) });
  for (const cookie of begun.setCookies) response.headers.append("Set-Cookie", cookie);
  return response;
}

/** What the client said about who shall log in, and how fresh. */
function withHints(transaction: LoginTransaction, { authRequest, parameters }: Beginning): LoginTransaction {
  const loginHint = parameters.get("login_hint") ?? "";
  const { acrValues } = extrasOf(authRequest.scopes);
  const forceLogin = authRequest.prompt.split(" ").includes("login") || authRequest.maxAge >= 0;
  return {
    ...transaction,
    ...(loginHint === "" ? {} : { loginHint }),
    ...(forceLogin ? { forceLogin } : {}),
    ...(acrValues === undefined ? {} : { parameters: { acr_values: [acrValues] } }),
  };
}

interface SentAway {
  readonly response: Response;
  /** With which the upstream was sent a challenge; absent = none. */
  readonly pkceMethod?: string;
}

/** Send the browser away. The state is the request's id, as upstreams of dex know it. */
async function sendAway(
  provider: ProviderContext,
  request: Request,
  connector: RedirectConnector | FormPostConnector,
  transaction: LoginTransaction,
): Promise<SentAway> {
  try {
    if (connector.kind === "form-post") {
      const { action, fields } = await connector.authorizationForm(transaction);
      return { response: provider.pages.formPost(request, { action: action.href, fields }) };
    }
    const url = await connector.authorizationUrl(transaction);
    const isPkce = url.searchParams.has("code_challenge");
    const pkceMethod = url.searchParams.get("code_challenge_method") ?? "plain";
    return { response: redirect(302, url.href), ...(isPkce ? { pkceMethod } : {}) };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const reason = describeCause(error.cause) ?? connector.status().reason ?? error.publicMessage;
    provider.log.warn("login cannot start", { connector: connector.id, reason });
    throw shownError(500, "Login error.", "connector_unreachable");
  }
}

function connectorPath(provider: ProviderContext, id: string, parameters: URLSearchParams): string {
  const rest = [...parameters].filter(([name]) => name !== "connector_id");
  return `${provider.root}/auth/${encodeURIComponent(id)}?${goQuery(rest)}`;
}

async function passwordPath(provider: ProviderContext, beginning: Beginning): Promise<string> {
  const { connector, authRequest, parameters } = beginning;
  const loginHint = parameters.get("login_hint") ?? "";
  const isAlone = (await provider.connectors.list()).length < 2;
  const query = goQuery([
    ["back", isAlone ? "" : `${provider.root}/auth?${goQuery(parameters)}`],
    ["state", authRequest.id],
    ...(loginHint === "" ? [] : ([["login_hint", loginHint]] as const)),
  ]);
  return `${provider.root}/auth/${encodeURIComponent(connector.id)}/login?${query}`;
}
