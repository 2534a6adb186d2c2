import type {
  AuthCode,
  AuthRequest,
  Client,
  Password,
  RefreshToken,
  StoredClaims,
} from "../../provider/storage-model.ts";
import { lowerCaseEmail } from "../lower-case-email.ts";
import { formatColumnTime } from "./go-time.ts";
import { bytes, flag, list, number, text, time, toBytes, toFlag, toList, type Row, type SqlValue } from "./row.ts";
import type { Table } from "./table.ts";

/** dex's `client` table. */
export const clientTable: Table<Client> = {
  name: "client",
  keyColumns: ["id"],
  parseKey: (id) => [id],
  columns: {
    id: (client) => client.id,
    secret: (client) => client.secret,
    redirect_uris: (client) => toList(client.redirectUris),
    trusted_peers: (client) => toList(client.trustedPeers),
    public: (client) => toFlag(client.public),
    name: (client) => client.name,
    logo_url: (client) => client.logoUrl,
    allowed_connectors: (client) => toList(client.allowedConnectors),
    post_logout_redirect_uris: (client) => toList(client.postLogoutRedirectUris),
  },
  decode: (row) => ({
    id: text(row, "id"),
    secret: text(row, "secret"),
    redirectUris: list(row, "redirect_uris"),
    trustedPeers: list(row, "trusted_peers"),
    public: flag(row, "public"),
    name: text(row, "name"),
    logoUrl: text(row, "logo_url"),
    allowedConnectors: list(row, "allowed_connectors"),
    postLogoutRedirectUris: list(row, "post_logout_redirect_uris"),
  }),
};

/** dex's `auth_request` table. */
export const authRequestTable: Table<AuthRequest> = {
  name: "auth_request",
  keyColumns: ["id"],
  parseKey: (id) => [id],
  columns: {
    id: (request) => request.id,
    client_id: (request) => request.clientId,
    response_types: (request) => toList(request.responseTypes),
    scopes: (request) => toList(request.scopes),
    redirect_uri: (request) => request.redirectUri,
    nonce: (request) => request.nonce,
    state: (request) => request.state,
    force_approval_prompt: (request) => toFlag(request.forceApprovalPrompt),
    logged_in: (request) => toFlag(request.loggedIn),
    ...claimColumns(),
    connector_id: (request) => request.connectorId,
    connector_data: (request) => request.connectorData ?? null,
    expiry: (request) => formatColumnTime(request.expiry),
    code_challenge: (request) => request.codeChallenge,
    code_challenge_method: (request) => request.codeChallengeMethod,
    hmac_key: (request) => toBytes(request.hmacKey),
    prompt: (request) => request.prompt,
    max_age: (request) => request.maxAge,
    auth_time: (request) => formatColumnTime(request.authTime),
  },
  decode: (row) => ({
    id: text(row, "id"),
    clientId: text(row, "client_id"),
    responseTypes: list(row, "response_types"),
    scopes: list(row, "scopes"),
    redirectUri: text(row, "redirect_uri"),
    nonce: text(row, "nonce"),
    state: text(row, "state"),
    forceApprovalPrompt: flag(row, "force_approval_prompt"),
    loggedIn: flag(row, "logged_in"),
    claims: decodeClaims(row),
    connectorId: text(row, "connector_id"),
    ...decodeConnectorData(row),
    expiry: time(row, "expiry"),
    codeChallenge: text(row, "code_challenge"),
    codeChallengeMethod: text(row, "code_challenge_method"),
    hmacKey: text(row, "hmac_key"),
    prompt: text(row, "prompt"),
    maxAge: number(row, "max_age"),
    authTime: time(row, "auth_time"),
  }),
  expiry: { column: "expiry", format: formatColumnTime },
};

/** dex's `auth_code` table. */
export const authCodeTable: Table<AuthCode> = {
  name: "auth_code",
  keyColumns: ["id"],
  parseKey: (id) => [id],
  columns: {
    id: (code) => code.id,
    client_id: (code) => code.clientId,
    scopes: (code) => toList(code.scopes),
    nonce: (code) => code.nonce,
    redirect_uri: (code) => code.redirectUri,
    ...claimColumns(),
    connector_id: (code) => code.connectorId,
    connector_data: (code) => code.connectorData ?? null,
    expiry: (code) => formatColumnTime(code.expiry),
    code_challenge: (code) => code.codeChallenge,
    code_challenge_method: (code) => code.codeChallengeMethod,
    auth_time: (code) => formatColumnTime(code.authTime),
  },
  decode: (row) => ({
    id: text(row, "id"),
    clientId: text(row, "client_id"),
    scopes: list(row, "scopes"),
    nonce: text(row, "nonce"),
    redirectUri: text(row, "redirect_uri"),
    claims: decodeClaims(row),
    connectorId: text(row, "connector_id"),
    ...decodeConnectorData(row),
    expiry: time(row, "expiry"),
    codeChallenge: text(row, "code_challenge"),
    codeChallengeMethod: text(row, "code_challenge_method"),
    authTime: time(row, "auth_time"),
  }),
  expiry: { column: "expiry", format: formatColumnTime },
};

/** dex's `refresh_token` table. */
export const refreshTokenTable: Table<RefreshToken> = {
  name: "refresh_token",
  keyColumns: ["id"],
  parseKey: (id) => [id],
  columns: {
    id: (token) => token.id,
    client_id: (token) => token.clientId,
    scopes: (token) => toList(token.scopes),
    nonce: (token) => token.nonce,
    ...claimColumns(),
    connector_id: (token) => token.connectorId,
    connector_data: (token) => token.connectorData ?? null,
    token: (token) => token.token,
    obsolete_token: (token) => token.obsoleteToken,
    created_at: (token) => formatColumnTime(token.createdAt),
    last_used: (token) => formatColumnTime(token.lastUsed),
  },
  decode: (row) => ({
    id: text(row, "id"),
    clientId: text(row, "client_id"),
    scopes: list(row, "scopes"),
    nonce: text(row, "nonce"),
    claims: decodeClaims(row),
    connectorId: text(row, "connector_id"),
    ...decodeConnectorData(row),
    token: text(row, "token"),
    obsoleteToken: text(row, "obsolete_token"),
    createdAt: time(row, "created_at"),
    lastUsed: time(row, "last_used"),
  }),
};

/** dex's `password` table. */
export const passwordTable: Table<Password> = {
  name: "password",
  keyColumns: ["email"],
  parseKey: (email) => [email.toLowerCase()],
  normalize: lowerCaseEmail,
  columns: {
    email: (password) => password.email.toLowerCase(),
    hash: (password) => toBytes(password.hash),
    username: (password) => password.username,
    user_id: (password) => password.userId,
    preferred_username: (password) => password.preferredUsername,
    groups: (password) => toList(password.groups),
    name: (password) => password.name,
    email_verified: (password) => (password.emailVerified === undefined ? null : toFlag(password.emailVerified)),
  },
  decode: (row) => ({
    email: text(row, "email"),
    hash: text(row, "hash"),
    username: text(row, "username"),
    userId: text(row, "user_id"),
    preferredUsername: text(row, "preferred_username"),
    groups: list(row, "groups"),
    name: text(row, "name"),
    ...(row["email_verified"] === null ? {} : { emailVerified: flag(row, "email_verified") }),
  }),
};

type ClaimColumns = Readonly<Record<string, (value: { readonly claims: StoredClaims }) => SqlValue>>;

function claimColumns(): ClaimColumns {
  return {
    claims_user_id: ({ claims }) => claims.userId,
    claims_username: ({ claims }) => claims.username,
    claims_preferred_username: ({ claims }) => claims.preferredUsername,
    claims_email: ({ claims }) => claims.email,
    claims_email_verified: ({ claims }) => toFlag(claims.emailVerified),
    claims_groups: ({ claims }) => toList(claims.groups),
  };
}

function decodeClaims(row: Row): StoredClaims {
  return {
    userId: text(row, "claims_user_id"),
    username: text(row, "claims_username"),
    preferredUsername: text(row, "claims_preferred_username"),
    email: text(row, "claims_email"),
    emailVerified: flag(row, "claims_email_verified"),
    groups: list(row, "claims_groups"),
  };
}

function decodeConnectorData(row: Row): { readonly connectorData?: Uint8Array } {
  const connectorData = bytes(row, "connector_data");
  return connectorData === undefined ? {} : { connectorData };
}
