import type { Identity, Login } from "../../../protocol/identity.ts";
import { ConnectorError } from "../../connector-error.ts";
import type { RedirectConnector, WantedParts } from "../../connector.ts";
import { asRenewalError, reasonOf, revoked } from "../../oidc/renewal-error.ts";
import { unreachable } from "../../oidc/upstream-request.ts";
import { decodeTokens, encodeStored, isEnding } from "./stored-tokens.ts";
import { vendorAuthorizationUrl } from "./vendor-authorization-url.ts";
import { EVERYTHING, type VendorClient } from "./vendor-client.ts";
import { redeemVendorCode, renewVendorTokens, type VendorTokens } from "./vendor-tokens.ts";

/** What a vendor does in its own way. */
export interface VendorBehaviour {
  readonly type: string;
  readonly scopes: (wants: WantedParts) => readonly string[];
  /**
   * Who it is, and may they enter?
   * @throws {ConnectorError} `denied`, `untrusted`, `unreachable`.
   */
  readonly identify: (accessToken: string, wants: WantedParts) => Promise<VendorIdentity>;
  /** What is kept for a renewal, under dex's names. */
  readonly stored: (tokens: VendorTokens) => Readonly<Record<string, unknown>>;
  /** The tokens of what was kept. Default: those of {@link decodeTokens}. */
  readonly readStored?: (data: Uint8Array | undefined) => Partial<VendorTokens>;
  /** The vendor's own parameters of the authorization request. Default: none. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Is a refresh token used while the access token still holds? Default: no. */
  readonly alwaysRenews?: boolean;
  /** Default: yes. */
  readonly sendsRedirectUri?: boolean;
}

/** An identity. Groups that were not asked for are absent: a renewal leaves them as they were. */
export type VendorIdentity = Omit<Identity, "groups"> & { readonly groups?: readonly string[] };

/** A connector to a vendor of OAuth 2.0 (RFC 6749 §4.1) in dex's rules. */
export function createVendorConnector(
  client: VendorClient,
  behaviour: VendorBehaviour,
): RedirectConnector & Required<Pick<RedirectConnector, "refresh">> {
  const { type, scopes, sendsRedirectUri = true, parameters = {} } = behaviour;
  return {
    kind: "redirect",
    type,
    id: client.id,
    name: client.name,
    status: () => ({ reachable: true }),
    authorizationUrl: async (login) =>
      vendorAuthorizationUrl(client, login, {
        scopes: scopes(login.wants ?? EVERYTHING),
        sendsRedirectUri,
        parameters,
      }),
    redeem: async (callback, { redirectUri, wants = EVERYTHING }) => {
      const tokens = await redeemVendorCode(client, callback, sendsRedirectUri ? { redirect_uri: redirectUri } : {});
      const identity = await behaviour.identify(tokens.accessToken, wants);
      return finishedLogin(behaviour, { ...identity, groups: identity.groups ?? [] }, tokens, wants);
    },
    refresh: (login, wants = EVERYTHING) => renewLogin(client, behaviour, login, wants),
  };
}

function finishedLogin(
  { stored }: VendorBehaviour,
  identity: Identity,
  tokens: VendorTokens,
  { offlineAccess }: Pick<WantedParts, "offlineAccess">,
): Login {
  return { identity, tokens, ...(offlineAccess && { connectorData: encodeStored(stored(tokens)) }) };
}

/**
 * Ask again who it is, with renewed tokens where they ended.
 *
 * @throws {ConnectorError} `revoked` when the vendor refuses, names somebody else, or the person may not enter any more;
 *   `unreachable` for everything else.
 */
async function renewLogin(
  client: VendorClient,
  behaviour: VendorBehaviour,
  login: Login,
  wants: WantedParts,
): Promise<Login> {
  const { readStored = decodeTokens } = behaviour;
  const before = readStored(login.connectorData);
  const finished = (identity: Identity, tokens: VendorTokens): Login =>
    finishedLogin(behaviour, identity, tokens, { offlineAccess: true });
  const tokens = await usableTokens(client, behaviour, before).catch(throwRenewalError);
  try {
    return finished(await identifyAgain(behaviour, login.identity, tokens.accessToken, wants), tokens);
  } catch (error) {
    // A rotated refresh token must not be lost: without it the next renewal would end the login.
    const isRotated = tokens.refreshToken !== undefined && tokens.refreshToken !== before.refreshToken;
    if (!isRotated || !(error instanceof ConnectorError) || error.reason !== "unreachable") throw asRenewalError(error);
    client.log.warn("tokens renewed, identity not", { reason: reasonOf(error) });
    return finished(login.identity, tokens);
  }
}

async function usableTokens(
  client: VendorClient,
  { alwaysRenews = false }: VendorBehaviour,
  tokens: Partial<VendorTokens>,
): Promise<VendorTokens> {
  const { accessToken, refreshToken } = tokens;
  const mayUse = accessToken !== undefined && !isEnding(tokens, client.clock());
  if (refreshToken !== undefined && (alwaysRenews || !mayUse)) return renewVendorTokens(client, refreshToken);
  if (accessToken === undefined) throw unreachable("no token of the upstream is stored with this login");
  if (!mayUse) throw revoked("the upstream's token ended, and there is none to renew it with");
  return { ...tokens, accessToken };
}

async function identifyAgain(
  { identify }: VendorBehaviour,
  previous: Identity,
  accessToken: string,
  wants: WantedParts,
): Promise<Identity> {
  const { groups = previous.groups, ...identity } = await identify(accessToken, wants);
  if (identity.userId !== previous.userId) throw revoked("the upstream names another user than at the login");
  return { ...identity, groups };
}

function throwRenewalError(error: unknown): never {
  throw asRenewalError(error);
}
