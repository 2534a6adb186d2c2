import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { ConnectorError } from "../../connector/connector-error.ts";
import type { Connector } from "../../connector/connector.ts";
import { constantTimeEquals } from "../../crypto/equals.ts";
import { goQuotedList } from "../../protocol/go-json.ts";
import type { Login } from "../../protocol/identity.ts";
import { OAuthError } from "../../protocol/oauth-error.ts";
import { encodeRefreshToken, parseRefreshToken } from "../../protocol/refresh-token-string.ts";
import { parseScopes } from "../../protocol/scope.ts";
import { offlineSessionKey } from "../../store/ports.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";
import type { Client, RefreshToken } from "../storage-model.ts";
import { storedClaimsOf } from "../stored-claims.ts";
import { usableConnector } from "../usable-connector.ts";
import { type TokenAnswer, createTokenIds, issueTokens } from "./issue-tokens.ts";
import { endRefreshToken, isOwnSecret, randomSecret, saveConnectorData, touchReference } from "./refresh-tokens.ts";

const INVALID = "Refresh token is invalid or has already been claimed by another client.";
/** An upstream may take so long; another replica waits for it no longer. */
const LEASE_SECONDS = 30;
const POLL_MILLISECONDS = 50;
/** Two requests of one client with one token, or a repeated one whose answer got lost, come within so long. */
const SECOND_TRY_SECONDS = 30;

/**
 * Exchange a refresh token (RFC 6749 §6).
 *
 * Every use gives a new token. For a short overlap the token before is answered with the current one, because an answer can get
 * lost; after it, a token before is a sign of theft. The swap of the row is what happens once over all replicas; the upstream
 * is asked before it, under a lease, never while the store is held.
 *
 * @throws {OAuthError} in dex's words; with its odd codes only in its own dialect.
 */
export async function refreshTokenGrant(
  provider: ProviderContext,
  client: Client,
  form: URLSearchParams,
): Promise<TokenAnswer> {
  const sent = form.get("refresh_token") ?? "";
  if (sent === "") throw new OAuthError("invalid_request", "No refresh token is found in request.");
  const { id, token } = parseRefreshToken(sent);
  const row = await findUsable(provider, client, id, token);
  const connector = await usableConnector(provider, client, { connectorId: row.connectorId, grant: "refresh_token" });
  const scopes = narrowScopes(row, form.get("scope") ?? "");
  const current = await renew(provider, { client, connector, row, token });
  return issueTokens(provider, {
    subject: { ...current, scopes, authTime: 0 },
    ids: createTokenIds(),
    refreshToken: encodeRefreshToken({ id: current.id, token: current.token }),
  });
}

/** dex calls most of these `invalid_request`; the RFC's word is `invalid_grant`. */
function refused(provider: ProviderContext, description: string): OAuthError {
  return new OAuthError(isNative(provider) ? "invalid_grant" : "invalid_request", description);
}

/** The row that a token names, if the token may be used now. */
async function findUsable(provider: ProviderContext, client: Client, id: string, token: string): Promise<RefreshToken> {
  const row = await provider.store.refreshTokens.find(id);
  if (row === undefined) throw refused(provider, INVALID);
  if (row.clientId !== client.id) throw new OAuthError("invalid_grant", INVALID);
  if (!constantTimeEquals(token, row.token) && !isOverlap(provider, row, token))
    await refuseObsolete(provider, row, token);
  if (isExpired(provider, row)) throw refused(provider, "Refresh token expired.");
  return row;
}

/** The token before the current one, within the overlap after the rotation. */
function isOverlap(provider: ProviderContext, row: RefreshToken, token: string): boolean {
  return row.obsoleteToken !== "" && constantTimeEquals(token, row.obsoleteToken) && isRecent(provider, row);
}

function isRecent(provider: ProviderContext, row: RefreshToken): boolean {
  const { reuseIntervalSeconds } = provider.configuration.refresh;
  return reuseIntervalSeconds > 0 && provider.clock() < row.lastUsed + reuseIntervalSeconds;
}

/**
 * Whoever holds an old token may have stolen it, or was stolen from: the family ends (RFC 9700 §4.14.2). dex has no overlap unless it is
 * configured, so where we stand in for it an old token that comes right after its rotation is taken for a client's own second try, and
 * refused without more; so is one that dex itself replaced, whose holder was promised nothing else.
 */
async function refuseObsolete(provider: ProviderContext, row: RefreshToken, token: string): Promise<never> {
  const isBefore = row.obsoleteToken !== "" && constantTimeEquals(token, row.obsoleteToken);
  // Only who had a token of this family knows its id, so this was one, however old: a thief may have rotated twice meanwhile.
  const isOlder = row.obsoleteToken !== "" && !isBefore && isOwnSecret(token);
  const isSecondTry = (isOlder || !isNative(provider)) && provider.clock() < row.lastUsed + SECOND_TRY_SECONDS;
  if ((isBefore || isOlder) && !isSecondTry && (isNative(provider) || isOwnSecret(row.token))) {
    await endRefreshToken(provider, row.id);
    provider.log.warn("refresh token reused: its family is revoked", { client: row.clientId });
  }
  throw refused(provider, INVALID);
}

function isExpired(provider: ProviderContext, row: RefreshToken): boolean {
  const { absoluteLifetimeSeconds, idleLifetimeSeconds } = provider.configuration.refresh;
  const now = provider.clock();
  const ended = (since: number, lifetime: number): boolean => lifetime > 0 && now >= since + lifetime;
  return ended(row.createdAt, absoluteLifetimeSeconds) || ended(row.lastUsed, idleLifetimeSeconds);
}

/** Less than was granted, for this answer only (RFC 6749 §6). */
function narrowScopes(row: RefreshToken, scope: string): readonly string[] {
  if (scope === "") return row.scopes;
  const requested = parseScopes(scope);
  const unauthorized = requested.filter((one) => !row.scopes.includes(one));
  if (unauthorized.length === 0) return requested;
  const description = `Requested scopes contain unauthorized scope(s): ${goQuotedList(unauthorized)}.`;
  throw new OAuthError("invalid_request", description);
}

interface Renewal {
  readonly client: Client;
  readonly connector: Connector;
  readonly row: RefreshToken;
  /** The token half that the client sent. */
  readonly token: string;
}

/** Answered with the row as it is: a token of the overlap, and in dex's dialect also the current one, so soon after its making. */
function isAnswerable(provider: ProviderContext, row: RefreshToken, token: string): boolean {
  return token !== row.token || (!isNative(provider) && isRecent(provider, row));
}

/** The row after this use: as it is within the overlap, else renewed upstream and swapped. */
async function renew(provider: ProviderContext, renewal: Renewal): Promise<RefreshToken> {
  const { connector, row, token } = renewal;
  if (isAnswerable(provider, row, token)) return row;
  if (connector.kind === "password") return swap(provider, renewal);
  const lease = leaseOf(row);
  const holder = randomUUID();
  const deadline = provider.clock() + LEASE_SECONDS;
  while (!(await provider.leases.acquire(lease, holder, LEASE_SECONDS))) {
    if (provider.clock() > deadline) throw new OAuthError("temporarily_unavailable", "", { status: 503 });
    await sleep(POLL_MILLISECONDS);
  }
  try {
    const current = await findUsable(provider, renewal.client, row.id, token);
    if (isAnswerable(provider, current, token)) return current;
    return await swap(provider, { ...renewal, row: current });
  } finally {
    await provider.leases.release(lease, holder);
  }
}

/**
 * All clients of a person share what a connector keeps of them: two of them at once would send one upstream refresh token twice, which
 * an upstream takes for theft. Hashed, because an upstream's ids may be longer than a lease's name.
 */
function leaseOf({ claims, connectorId }: RefreshToken): string {
  const owner = offlineSessionKey({ userId: claims.userId, connectorId });
  return `refresh:${createHash("sha256").update(owner).digest("base64url")}`;
}

async function swap(provider: ProviderContext, renewal: Renewal): Promise<RefreshToken> {
  const { row, client, token, connector } = renewal;
  const login = await refreshUpstream(provider, connector, row);
  const { rotate } = provider.configuration.refresh;
  const { connectorData: _moved, ...rest } = row;
  const next: RefreshToken = {
    ...rest,
    claims: login === undefined ? row.claims : { ...storedClaimsOf(login.identity), userId: row.claims.userId },
    ...(rotate ? { token: randomSecret(), obsoleteToken: row.token } : {}),
    lastUsed: provider.clock(),
  };
  if (login?.connectorData !== undefined || row.connectorData !== undefined) {
    const owner = { userId: row.claims.userId, connectorId: row.connectorId };
    await saveConnectorData(provider, owner, login?.connectorData ?? row.connectorData);
  }
  if (await provider.store.refreshTokens.replace(row, next)) {
    await touchReference(provider, next);
    return next;
  }
  // Somebody else was faster with the same token: within the overlap their token is ours too.
  return findUsable(provider, client, row.id, token);
}

/** @returns undefined when the connector cannot renew; the stored claims then go on. */
async function refreshUpstream(
  provider: ProviderContext,
  connector: Connector,
  row: RefreshToken,
): Promise<Login | undefined> {
  if (connector.refresh === undefined) return undefined;
  const session = await provider.store.offlineSessions.find(
    offlineSessionKey({ userId: row.claims.userId, connectorId: row.connectorId }),
  );
  const connectorData = row.connectorData ?? session?.connectorData;
  const login: Login = { identity: row.claims, tokens: {}, ...(connectorData === undefined ? {} : { connectorData }) };
  if (connector.canRefresh?.(login) === false) return undefined;
  try {
    const renewed = await connector.refresh(login, { groups: row.scopes.includes("groups"), offlineAccess: true });
    provider.metrics.refresh(connector.id, "renewed");
    return renewed;
  } catch (error) {
    if (error instanceof ConnectorError) await refuseUpstream(provider, row, error);
    throw error;
  }
}

async function refuseUpstream(provider: ProviderContext, row: RefreshToken, error: ConnectorError): Promise<never> {
  const revoked = error.reason === "revoked";
  provider.metrics.refresh(row.connectorId, revoked ? "revoked" : "unreachable");
  provider.log.warn("refresh refused upstream", { connector: row.connectorId, reason: error.reason });
  if (revoked) await endRefreshToken(provider, row.id);
  if (!isNative(provider)) throw new OAuthError("invalid_request", "", { status: 500, cause: error });
  if (revoked)
    throw new OAuthError("invalid_grant", "The upstream identity provider ended this login.", { cause: error });
  throw new OAuthError("temporarily_unavailable", "The upstream identity provider cannot be reached.", {
    status: 503,
    cause: error,
  });
}
