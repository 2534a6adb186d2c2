import type {
  AuthCode,
  AuthRequest,
  Client,
  DeviceRequest,
  DeviceToken,
  Password,
  RefreshToken,
  StoredClaims,
  StoredConnector,
} from "../../provider/storage-model.ts";
import {
  bytesField,
  column,
  flagField,
  listField,
  numberField,
  objectField,
  optionalFlagField,
  textBytesField,
  textField,
  timeField,
} from "./field.ts";
import { bytes, text } from "./row.ts";
import { defineTable } from "./table.ts";

/** dex's `client` table. */
export const clientTable = defineTable<Client>({
  name: "client",
  key: ["id"],
  fields: {
    id: textField("id"),
    secret: textField("secret"),
    redirectUris: listField("redirect_uris"),
    trustedPeers: listField("trusted_peers"),
    public: flagField("public"),
    name: textField("name"),
    logoUrl: textField("logo_url"),
    allowedConnectors: listField("allowed_connectors"),
    postLogoutRedirectUris: listField("post_logout_redirect_uris"),
  },
});

const claims = objectField<StoredClaims>({
  userId: textField("claims_user_id"),
  username: textField("claims_username"),
  preferredUsername: textField("claims_preferred_username"),
  email: textField("claims_email"),
  emailVerified: flagField("claims_email_verified"),
  groups: listField("claims_groups"),
});

const pkce = { codeChallenge: textField("code_challenge"), codeChallengeMethod: textField("code_challenge_method") };

/** dex's `auth_request` table. */
export const authRequestTable = defineTable<AuthRequest>({
  name: "auth_request",
  key: ["id"],
  fields: {
    id: textField("id"),
    clientId: textField("client_id"),
    responseTypes: listField("response_types"),
    scopes: listField("scopes"),
    redirectUri: textField("redirect_uri"),
    nonce: textField("nonce"),
    state: textField("state"),
    forceApprovalPrompt: flagField("force_approval_prompt"),
    loggedIn: flagField("logged_in"),
    claims,
    connectorId: textField("connector_id"),
    connectorData: bytesField("connector_data"),
    expiry: timeField("expiry"),
    ...pkce,
    hmacKey: textBytesField("hmac_key"),
    prompt: textField("prompt"),
    maxAge: numberField("max_age"),
    authTime: timeField("auth_time"),
  },
  expiry: { column: "expiry", kind: "time" },
});

/** dex's `auth_code` table. */
export const authCodeTable = defineTable<AuthCode>({
  name: "auth_code",
  key: ["id"],
  fields: {
    id: textField("id"),
    clientId: textField("client_id"),
    scopes: listField("scopes"),
    nonce: textField("nonce"),
    redirectUri: textField("redirect_uri"),
    claims,
    connectorId: textField("connector_id"),
    connectorData: bytesField("connector_data"),
    expiry: timeField("expiry"),
    ...pkce,
    authTime: timeField("auth_time"),
  },
  expiry: { column: "expiry", kind: "time" },
});

/** dex's `refresh_token` table. */
export const refreshTokenTable = defineTable<RefreshToken>({
  name: "refresh_token",
  key: ["id"],
  fields: {
    id: textField("id"),
    clientId: textField("client_id"),
    scopes: listField("scopes"),
    nonce: textField("nonce"),
    claims,
    connectorId: textField("connector_id"),
    connectorData: bytesField("connector_data"),
    token: textField("token"),
    obsoleteToken: textField("obsolete_token"),
    createdAt: timeField("created_at"),
    lastUsed: timeField("last_used"),
  },
});

/** dex's `password` table. The key is in lower case, so that nobody has two passwords by spelling. */
export const passwordTable = defineTable<Password>({
  name: "password",
  key: ["email"],
  parseKey: (email) => [email.toLowerCase()],
  fields: {
    email: column("email", (email) => email.toLowerCase(), text),
    hash: textBytesField("hash"),
    username: textField("username"),
    userId: textField("user_id"),
    preferredUsername: textField("preferred_username"),
    groups: listField("groups"),
    name: textField("name"),
    emailVerified: optionalFlagField("email_verified"),
  },
});

/** dex's `connector` table. */
export const connectorTable = defineTable<StoredConnector>({
  name: "connector",
  key: ["id"],
  fields: {
    id: textField("id"),
    type: textField("type"),
    name: textField("name"),
    resourceVersion: textField("resource_version"),
    config: column(
      "config",
      (config) => config,
      (row) => bytes(row, "config") ?? new Uint8Array(0),
    ),
    grantTypes: listField("grant_types"),
  },
});

/** dex's `device_request` table. */
export const deviceRequestTable = defineTable<DeviceRequest>({
  name: "device_request",
  key: ["user_code"],
  fields: {
    userCode: textField("user_code"),
    deviceCode: textField("device_code"),
    clientId: textField("client_id"),
    clientSecret: textField("client_secret"),
    scopes: listField("scopes"),
    expiry: timeField("expiry"),
  },
  expiry: { column: "expiry", kind: "time" },
});

/** dex's `device_token` table. */
export const deviceTokenTable = defineTable<DeviceToken>({
  name: "device_token",
  key: ["device_code"],
  fields: {
    deviceCode: textField("device_code"),
    status: textField("status"),
    token: textBytesField("token"),
    expiry: timeField("expiry"),
    lastRequest: timeField("last_request"),
    pollInterval: numberField("poll_interval"),
    ...pkce,
  },
  expiry: { column: "expiry", kind: "time" },
});
