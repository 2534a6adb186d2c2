import { encodeRefreshToken } from "../../protocol/refresh-token-string.ts";
import { randomId } from "../../protocol/random-id.ts";
import { offlineSessionKey } from "../../store/ports.ts";
import { sameValue } from "../../store/same-value.ts";
import type { ProviderContext } from "../provider-deps.ts";
import { allowsGrant } from "../usable-connector.ts";
import type { OfflineSession, Owner, RefreshToken, RefreshTokenRef } from "../storage-model.ts";
import type { TokenSubject } from "./token-claims.ts";

/** dex's secrets have 25 characters. */
const SECRET_LENGTH = 51;

/** The secret half of a refresh token, with 256 bits of randomness; longer than dex's, which tells who made it. */
export function randomSecret(): string {
  return randomId(32);
}

/** Did we make this secret half, and not dex, whose data it may be? */
export function isOwnSecret(secret: string): boolean {
  return secret.length === SECRET_LENGTH;
}

/** May this login be renewed without the browser? */
export async function isRefreshable(
  provider: ProviderContext,
  subject: Pick<TokenSubject, "scopes" | "connectorId">,
): Promise<boolean> {
  if (!subject.scopes.includes("offline_access")) return false;
  const found = await provider.connectors.find(subject.connectorId);
  return found?.connector?.refresh !== undefined && allowsGrant(found, "refresh_token");
}

/**
 * Issue a refresh token under an id chosen beforehand. There is one for each person, connector and client: the one before ends.
 *
 * @returns what the client gets.
 */
export async function createRefreshToken(
  provider: ProviderContext,
  id: string,
  subject: TokenSubject,
  connectorData: Uint8Array | undefined,
): Promise<string> {
  const now = provider.clock();
  const { clientId, scopes, nonce, claims, connectorId } = subject;
  const token = randomSecret();
  await provider.store.refreshTokens.create({
    id,
    clientId,
    scopes,
    nonce,
    claims,
    connectorId,
    ...(connectorData === undefined ? {} : { connectorData }),
    token,
    obsoleteToken: "",
    createdAt: now,
    lastUsed: now,
  });
  const previous = await setReference(provider, subject, { id, clientId, createdAt: now, lastUsed: now });
  if (previous !== undefined && previous.id !== id) await removeRow(provider, previous.id);
  return encodeRefreshToken({ id, token });
}

/** End a refresh token: its row, and the reference to it. */
export async function endRefreshToken(provider: ProviderContext, id: string): Promise<void> {
  const row = await removeRow(provider, id);
  if (row === undefined) return;
  await changeOfflineSession(provider, { userId: row.claims.userId, connectorId: row.connectorId }, (session) => {
    if (session?.refresh[row.clientId]?.id !== id) return session;
    const refresh = Object.fromEntries(Object.entries(session.refresh).filter(([client]) => client !== row.clientId));
    return { ...session, refresh };
  });
}

/** Keep what the connector needs for a refresh beside the references, where dex looks for it. */
export async function saveConnectorData(
  provider: ProviderContext,
  owner: Owner,
  connectorData: Uint8Array | undefined,
): Promise<void> {
  await changeOfflineSession(provider, owner, (session) => {
    const base = session ?? { ...owner, refresh: {} };
    const isNews = connectorData !== undefined && connectorData.length > 0;
    return isNews && !sameValue(base.connectorData, connectorData) ? { ...base, connectorData } : base;
  });
}

/** Note the last use of a refresh token in the reference to it. */
export async function touchReference(provider: ProviderContext, row: RefreshToken): Promise<void> {
  await changeOfflineSession(provider, { userId: row.claims.userId, connectorId: row.connectorId }, (session) => {
    const reference = session?.refresh[row.clientId];
    if (session === undefined || reference?.id !== row.id) return session;
    return { ...session, refresh: { ...session.refresh, [row.clientId]: { ...reference, lastUsed: row.lastUsed } } };
  });
}

/** @returns the reference that was there before. */
async function setReference(
  provider: ProviderContext,
  subject: TokenSubject,
  reference: RefreshTokenRef,
): Promise<RefreshTokenRef | undefined> {
  const owner = { userId: subject.claims.userId, connectorId: subject.connectorId };
  let previous: RefreshTokenRef | undefined;
  await changeOfflineSession(provider, owner, (session) => {
    previous = session?.refresh[subject.clientId];
    const base = session ?? { ...owner, refresh: {} };
    return { ...base, refresh: { ...base.refresh, [subject.clientId]: reference } };
  });
  return previous;
}

/** Read, change, swap; again when somebody else was faster. `change` gets what is stored and must not ask the store. */
async function changeOfflineSession(
  provider: ProviderContext,
  owner: Owner,
  change: (session: OfflineSession | undefined) => OfflineSession | undefined,
): Promise<void> {
  const { offlineSessions } = provider.store;
  for (;;) {
    const current = await offlineSessions.find(offlineSessionKey(owner));
    const next = change(current);
    if (next === undefined || next === current) return;
    const done = current === undefined ? await created(provider, next) : await offlineSessions.replace(current, next);
    if (done) return;
  }
}

async function created(provider: ProviderContext, session: OfflineSession): Promise<boolean> {
  const { offlineSessions } = provider.store;
  try {
    await offlineSessions.create(session);
    return true;
  } catch (error) {
    if ((await offlineSessions.find(offlineSessionKey(session))) === undefined) throw error;
    return false;
  }
}

async function removeRow(provider: ProviderContext, id: string): Promise<RefreshToken | undefined> {
  const { refreshTokens } = provider.store;
  for (;;) {
    const row = await refreshTokens.find(id);
    if (row === undefined || (await refreshTokens.remove(row))) return row;
  }
}
