import { ConnectorError } from "../../connector/connector-error.ts";
import type { Connector, RedirectConnector } from "../../connector/connector.ts";
import { redirect } from "../../http/redirect.ts";
import { goQuery } from "../../protocol/go-query.ts";
import type { ProviderContext } from "../provider-deps.ts";
import type { AuthRequest } from "../storage-model.ts";
import { readParameters } from "./read-parameters.ts";
import { shownError } from "./shown-error.ts";
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
  const { allowedConnectors } = client;
  const all = provider.connectors.list();
  const connectors = all.filter(({ id }) => allowedConnectors.length === 0 || allowedConnectors.includes(id));
  if (connectors.length === 0) throw shownError(400, "No connectors available for this client.");
  const wanted = parameters.get("connector_id") ?? "";
  if (wanted !== "" && !connectors.some(({ id }) => id === wanted)) {
    throw shownError(400, "Connector ID does not match a valid Connector");
  }
  const [only, ...more] = connectors;
  const skips = only !== undefined && more.length === 0 && !provider.configuration.alwaysShowLoginScreen;
  const chosen = wanted !== "" ? wanted : skips ? only.id : undefined;
  if (chosen !== undefined) return redirect(302, connectorPath(provider, chosen, parameters));
  return provider.pages.signIn(request, {
    status: 200,
    application: client.name,
    connectors: connectors
      .toSorted((a, b) => a.name.toLowerCase().localeCompare(b.name.toLowerCase()))
      .map(({ id, name, type, status }) => ({
        id,
        name,
        type,
        href: connectorPath(provider, id, parameters),
        reachable: status().reachable,
        lastUsed: false,
      })),
    forms: [],
  });
}

/** `/auth/{connector}`: check the whole request, store it, and begin logging in at this connector. */
export async function connectorStep(provider: ProviderContext, request: Request, id: string): Promise<Response> {
  const parameters = await readParameters(request);
  const valid = await validateClient(provider, parameters);
  const authRequest = { ...(await validateRequest(provider, valid, parameters)), connectorId: id };
  const { allowedConnectors } = valid.client;
  if (allowedConnectors.length > 0 && !allowedConnectors.includes(id)) {
    throw shownError(403, "Connector not allowed for this client.");
  }
  const connector = provider.connectors.find(id);
  if (connector === undefined) throw shownError(400, "Connector failed to initialize");
  const wanted = parameters.get("connector_id") ?? "";
  if (wanted !== "" && wanted !== id) throw shownError(400, "Bad connector ID");
  if (request.method !== "GET") throw shownError(400, "Unsupported request method.");
  await provider.store.authRequests.create(authRequest);
  return connector.kind === "redirect"
    ? toUpstream(provider, request, connector, authRequest)
    : redirect(302, passwordPath(provider, connector, authRequest, parameters));
}

/** The state is the request's id, as upstreams of dex know it; the transaction's cookie ties it to this browser. */
async function toUpstream(
  provider: ProviderContext,
  request: Request,
  connector: RedirectConnector,
  authRequest: AuthRequest,
): Promise<Response> {
  const { transaction, setCookies } = provider.transactions.begin(request, {
    connectorId: connector.id,
    redirectUri: `${provider.configuration.issuer}/callback`,
    returnTarget: authRequest.id,
    state: authRequest.id,
  });
  try {
    return redirect(302, (await connector.authorizationUrl(transaction)).href, setCookies);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    provider.log.warn("login cannot start", { connector: connector.id, reason: connector.status().reason });
    throw shownError(500, "Login error.", "connector_unreachable");
  }
}

function connectorPath(provider: ProviderContext, id: string, parameters: URLSearchParams): string {
  const rest = [...parameters].filter(([name]) => name !== "connector_id");
  return `${provider.root}/auth/${encodeURIComponent(id)}?${goQuery(rest)}`;
}

function passwordPath(
  provider: ProviderContext,
  connector: Connector,
  authRequest: AuthRequest,
  parameters: URLSearchParams,
): string {
  const back = provider.connectors.list().length > 1 ? `${provider.root}/auth?${goQuery(parameters)}` : "";
  const query = goQuery([
    ["back", back],
    ["state", authRequest.id],
  ]);
  return `${provider.root}/auth/${encodeURIComponent(connector.id)}/login?${query}`;
}
