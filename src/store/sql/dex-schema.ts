import type { SchemaStep } from "./schema-step.ts";

const PREFERRED_USERNAME = "ALTER TABLE password ADD COLUMN preferred_username text not null default ''";

/**
 * The steps that make dex's schema (dex reference §9.2), in dex's order: the n-th step that a flavour has is row n of
 * its `migrations` table. v2.45.1 stands at 13 (MySQL: 14), the development version of August 2026 at 23 (MySQL: 24).
 * Column names, types, order and defaults are the stored format and must stay as they are.
 */
export const DEX_MIGRATIONS: readonly SchemaStep[] = [
  // 1: the first tables
  [
    `CREATE TABLE client (
      id text not null primary key,
      secret text not null,
      redirect_uris bytea not null,
      trusted_peers bytea not null,
      public boolean not null,
      name text not null,
      logo_url text not null
    )`,
    `CREATE TABLE auth_request (
      id text not null primary key,
      client_id text not null,
      response_types bytea not null,
      scopes bytea not null,
      redirect_uri text not null,
      nonce text not null,
      state text not null,
      force_approval_prompt boolean not null,
      logged_in boolean not null,
      claims_user_id text not null,
      claims_username text not null,
      claims_email text not null,
      claims_email_verified boolean not null,
      claims_groups bytea not null,
      connector_id text not null,
      connector_data bytea,
      expiry timestamptz not null
    )`,
    `CREATE TABLE auth_code (
      id text not null primary key,
      client_id text not null,
      scopes bytea not null,
      nonce text not null,
      redirect_uri text not null,
      claims_user_id text not null,
      claims_username text not null,
      claims_email text not null,
      claims_email_verified boolean not null,
      claims_groups bytea not null,
      connector_id text not null,
      connector_data bytea,
      expiry timestamptz not null
    )`,
    `CREATE TABLE refresh_token (
      id text not null primary key,
      client_id text not null,
      scopes bytea not null,
      nonce text not null,
      claims_user_id text not null,
      claims_username text not null,
      claims_email text not null,
      claims_email_verified boolean not null,
      claims_groups bytea not null,
      connector_id text not null,
      connector_data bytea
    )`,
    `CREATE TABLE password (
      email text not null primary key,
      hash bytea not null,
      username text not null,
      user_id text not null
    )`,
    `CREATE TABLE keys (
      id text not null primary key,
      verification_keys bytea not null,
      signing_key bytea not null,
      signing_key_pub bytea not null,
      next_rotation timestamptz not null
    )`,
  ],
  // 2: refresh tokens know their token and times
  [
    "ALTER TABLE refresh_token ADD COLUMN token text not null default ''",
    "ALTER TABLE refresh_token ADD COLUMN created_at timestamptz not null default never",
    "ALTER TABLE refresh_token ADD COLUMN last_used timestamptz not null default never",
  ],
  // 3
  [
    `CREATE TABLE offline_session (
      user_id text not null,
      conn_id text not null,
      refresh bytea not null,
      PRIMARY KEY (user_id, conn_id)
    )`,
  ],
  // 4
  [
    `CREATE TABLE connector (
      id text not null primary key,
      type text not null,
      name text not null,
      resource_version text not null,
      config bytea
    )`,
  ],
  // 5
  [
    "ALTER TABLE auth_code ADD COLUMN claims_preferred_username text not null default ''",
    "ALTER TABLE auth_request ADD COLUMN claims_preferred_username text not null default ''",
    "ALTER TABLE refresh_token ADD COLUMN claims_preferred_username text not null default ''",
  ],
  // 6
  ["ALTER TABLE offline_session ADD COLUMN connector_data bytea"],
  // 7, MySQL only: where text has an end, states are longer than that
  { mysql: ["ALTER TABLE auth_request MODIFY COLUMN state varchar(4096)"] },
  // 7 (and one more from here on in MySQL): the device flow
  [
    `CREATE TABLE device_request (
      user_code text not null primary key,
      device_code text not null,
      client_id text not null,
      client_secret text,
      scopes bytea not null,
      expiry timestamptz not null
    )`,
    `CREATE TABLE device_token (
      device_code text not null primary key,
      status text not null,
      token bytea,
      expiry timestamptz not null,
      last_request timestamptz not null,
      poll_interval integer not null
    )`,
  ],
  // 8: PKCE
  [
    "ALTER TABLE auth_request ADD COLUMN code_challenge text not null default ''",
    "ALTER TABLE auth_request ADD COLUMN code_challenge_method text not null default ''",
    "ALTER TABLE auth_code ADD COLUMN code_challenge text not null default ''",
    "ALTER TABLE auth_code ADD COLUMN code_challenge_method text not null default ''",
  ],
  // 9: rotation with overlap
  ["ALTER TABLE refresh_token ADD COLUMN obsolete_token text default ''"],
  // 10
  [
    "ALTER TABLE device_token ADD COLUMN code_challenge text not null default ''",
    "ALTER TABLE device_token ADD COLUMN code_challenge_method text not null default ''",
  ],
  // 11
  ["ALTER TABLE auth_request ADD COLUMN hmac_key bytea"],
  // 12: bytes have no default in MySQL
  {
    sqlite: [PREFERRED_USERNAME, "ALTER TABLE password ADD COLUMN groups bytea not null default '[]'"],
    postgres: [
      PREFERRED_USERNAME,
      "ALTER TABLE password ADD COLUMN groups bytea not null default convert_to('[]', 'UTF8')",
    ],
    mysql: [
      PREFERRED_USERNAME,
      "ALTER TABLE password ADD COLUMN groups bytea",
      "UPDATE password SET groups = '[]' WHERE groups IS NULL",
      "ALTER TABLE password MODIFY COLUMN groups bytea not null",
    ],
  },
  // 13: where v2.45.1 stands
  [
    "ALTER TABLE password ADD COLUMN name text not null default ''",
    "ALTER TABLE password ADD COLUMN email_verified boolean",
  ],
  // 14
  ["ALTER TABLE connector ADD COLUMN grant_types bytea"],
  // 15
  ["ALTER TABLE client ADD COLUMN allowed_connectors bytea"],
  // 16
  [
    `CREATE TABLE user_identity (
      user_id text not null,
      connector_id text not null,
      claims_user_id text not null,
      claims_username text not null,
      claims_preferred_username text not null default '',
      claims_email text not null,
      claims_email_verified boolean not null,
      claims_groups bytea not null,
      consents bytea not null,
      created_at timestamptz not null,
      last_login timestamptz not null,
      blocked_until timestamptz not null,
      PRIMARY KEY (user_id, connector_id)
    )`,
  ],
  // 17: the first shape of a table that step 23 makes anew
  [
    `CREATE TABLE auth_session (
      user_id text not null,
      connector_id text not null,
      nonce text not null,
      client_states bytea not null,
      created_at timestamptz not null,
      last_activity timestamptz not null,
      ip_address text not null default '',
      user_agent text not null default '',
      PRIMARY KEY (user_id, connector_id)
    )`,
  ],
  // 18: second factors
  [
    "ALTER TABLE auth_request ADD COLUMN mfa_validated boolean not null default false",
    "ALTER TABLE user_identity ADD COLUMN mfa_secrets bytea",
    "ALTER TABLE client ADD COLUMN mfa_chain bytea",
    "ALTER TABLE auth_request ADD COLUMN prompt text not null default ''",
    "ALTER TABLE auth_request ADD COLUMN max_age integer not null default -1",
    "ALTER TABLE auth_request ADD COLUMN auth_time timestamptz not null default '1970-01-01 00:00:00'",
    "ALTER TABLE auth_code ADD COLUMN auth_time timestamptz not null default '1970-01-01 00:00:00'",
  ],
  // 19: the ends of sessions, and logout
  [
    "ALTER TABLE auth_session ADD COLUMN absolute_expiry timestamptz not null default '1970-01-01 00:00:00'",
    "ALTER TABLE auth_session ADD COLUMN idle_expiry timestamptz not null default '1970-01-01 00:00:00'",
    "ALTER TABLE client ADD COLUMN post_logout_redirect_uris bytea",
    "ALTER TABLE auth_session ADD COLUMN logout_state bytea",
  ],
  // 20
  [
    "ALTER TABLE user_identity ADD COLUMN webauthn_credentials bytea",
    "ALTER TABLE auth_request ADD COLUMN webauthn_session_data bytea",
  ],
  // 21
  ["ALTER TABLE client ADD COLUMN sso_shared_with bytea"],
  // 22
  [
    "ALTER TABLE client ADD COLUMN backchannel_logout_uri text not null default ''",
    "ALTER TABLE client ADD COLUMN refresh_token_lifetime text not null default ''",
  ],
  // 23: sessions by id
  [
    "DROP TABLE IF EXISTS auth_session",
    `CREATE TABLE auth_session (
      id text not null primary key,
      secret text not null default '',
      user_id text not null,
      connector_id text not null,
      client_states bytea not null,
      created_at timestamptz not null,
      last_activity timestamptz not null,
      ip_address text not null default '',
      user_agent text not null default '',
      absolute_expiry timestamptz not null default '1970-01-01 00:00:00',
      idle_expiry timestamptz not null default '1970-01-01 00:00:00',
      logout_state bytea
    )`,
    "CREATE INDEX auth_session_user_idx ON auth_session (user_id, connector_id)",
    "ALTER TABLE auth_code ADD COLUMN session_id text not null default ''",
  ],
];
