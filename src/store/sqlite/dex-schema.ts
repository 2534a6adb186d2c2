/**
 * The steps that make dex's SQLite schema (dex reference §9.2), in dex's order and numbering: step n of this list is
 * row n of its `migrations` table. v2.45.1 stands at 13, the development version of August 2026 at 23. Column names,
 * types, order and defaults are the stored format and must stay as they are.
 */
export const DEX_MIGRATIONS: readonly (readonly string[])[] = [
  // 1: the first tables
  [
    `CREATE TABLE client (
      id text not null primary key,
      secret text not null,
      redirect_uris blob not null,
      trusted_peers blob not null,
      public integer not null,
      name text not null,
      logo_url text not null
    )`,
    `CREATE TABLE auth_request (
      id text not null primary key,
      client_id text not null,
      response_types blob not null,
      scopes blob not null,
      redirect_uri text not null,
      nonce text not null,
      state text not null,
      force_approval_prompt integer not null,
      logged_in integer not null,
      claims_user_id text not null,
      claims_username text not null,
      claims_email text not null,
      claims_email_verified integer not null,
      claims_groups blob not null,
      connector_id text not null,
      connector_data blob,
      expiry timestamp not null
    )`,
    `CREATE TABLE auth_code (
      id text not null primary key,
      client_id text not null,
      scopes blob not null,
      nonce text not null,
      redirect_uri text not null,
      claims_user_id text not null,
      claims_username text not null,
      claims_email text not null,
      claims_email_verified integer not null,
      claims_groups blob not null,
      connector_id text not null,
      connector_data blob,
      expiry timestamp not null
    )`,
    `CREATE TABLE refresh_token (
      id text not null primary key,
      client_id text not null,
      scopes blob not null,
      nonce text not null,
      claims_user_id text not null,
      claims_username text not null,
      claims_email text not null,
      claims_email_verified integer not null,
      claims_groups blob not null,
      connector_id text not null,
      connector_data blob
    )`,
    `CREATE TABLE password (
      email text not null primary key,
      hash blob not null,
      username text not null,
      user_id text not null
    )`,
    `CREATE TABLE keys (
      id text not null primary key,
      verification_keys blob not null,
      signing_key blob not null,
      signing_key_pub blob not null,
      next_rotation timestamp not null
    )`,
  ],
  // 2: refresh tokens know their token and times
  [
    "ALTER TABLE refresh_token ADD COLUMN token text not null default ''",
    "ALTER TABLE refresh_token ADD COLUMN created_at timestamp not null default '0001-01-01 00:00:00 UTC'",
    "ALTER TABLE refresh_token ADD COLUMN last_used timestamp not null default '0001-01-01 00:00:00 UTC'",
  ],
  // 3
  [
    `CREATE TABLE offline_session (
      user_id text not null,
      conn_id text not null,
      refresh blob not null,
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
      config blob
    )`,
  ],
  // 5
  [
    "ALTER TABLE auth_code ADD COLUMN claims_preferred_username text not null default ''",
    "ALTER TABLE auth_request ADD COLUMN claims_preferred_username text not null default ''",
    "ALTER TABLE refresh_token ADD COLUMN claims_preferred_username text not null default ''",
  ],
  // 6
  ["ALTER TABLE offline_session ADD COLUMN connector_data blob"],
  // 7: the device flow (number 8 of dex's common list; its 7 is for MySQL only)
  [
    `CREATE TABLE device_request (
      user_code text not null primary key,
      device_code text not null,
      client_id text not null,
      client_secret text,
      scopes blob not null,
      expiry timestamp not null
    )`,
    `CREATE TABLE device_token (
      device_code text not null primary key,
      status text not null,
      token blob,
      expiry timestamp not null,
      last_request timestamp not null,
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
  ["ALTER TABLE auth_request ADD COLUMN hmac_key blob"],
  // 12
  [
    "ALTER TABLE password ADD COLUMN preferred_username text not null default ''",
    "ALTER TABLE password ADD COLUMN groups blob not null default '[]'",
  ],
  // 13: where v2.45.1 stands
  [
    "ALTER TABLE password ADD COLUMN name text not null default ''",
    "ALTER TABLE password ADD COLUMN email_verified integer",
  ],
  // 14
  ["ALTER TABLE connector ADD COLUMN grant_types blob"],
  // 15
  ["ALTER TABLE client ADD COLUMN allowed_connectors blob"],
  // 16
  [
    `CREATE TABLE user_identity (
      user_id text not null,
      connector_id text not null,
      claims_user_id text not null,
      claims_username text not null,
      claims_preferred_username text not null default '',
      claims_email text not null,
      claims_email_verified integer not null,
      claims_groups blob not null,
      consents blob not null,
      created_at timestamp not null,
      last_login timestamp not null,
      blocked_until timestamp not null,
      PRIMARY KEY (user_id, connector_id)
    )`,
  ],
  // 17: the first shape of a table that step 23 makes anew
  [
    `CREATE TABLE auth_session (
      user_id text not null,
      connector_id text not null,
      nonce text not null,
      client_states blob not null,
      created_at timestamp not null,
      last_activity timestamp not null,
      ip_address text not null default '',
      user_agent text not null default '',
      PRIMARY KEY (user_id, connector_id)
    )`,
  ],
  // 18: second factors
  [
    "ALTER TABLE auth_request ADD COLUMN mfa_validated integer not null default 0",
    "ALTER TABLE user_identity ADD COLUMN mfa_secrets blob",
    "ALTER TABLE client ADD COLUMN mfa_chain blob",
    "ALTER TABLE auth_request ADD COLUMN prompt text not null default ''",
    "ALTER TABLE auth_request ADD COLUMN max_age integer not null default -1",
    "ALTER TABLE auth_request ADD COLUMN auth_time timestamp not null default '1970-01-01 00:00:00'",
    "ALTER TABLE auth_code ADD COLUMN auth_time timestamp not null default '1970-01-01 00:00:00'",
  ],
  // 19: the ends of sessions, and logout
  [
    "ALTER TABLE auth_session ADD COLUMN absolute_expiry timestamp not null default '1970-01-01 00:00:00'",
    "ALTER TABLE auth_session ADD COLUMN idle_expiry timestamp not null default '1970-01-01 00:00:00'",
    "ALTER TABLE client ADD COLUMN post_logout_redirect_uris blob",
    "ALTER TABLE auth_session ADD COLUMN logout_state blob",
  ],
  // 20
  [
    "ALTER TABLE user_identity ADD COLUMN webauthn_credentials blob",
    "ALTER TABLE auth_request ADD COLUMN webauthn_session_data blob",
  ],
  // 21
  ["ALTER TABLE client ADD COLUMN sso_shared_with blob"],
  // 22
  [
    "ALTER TABLE client ADD COLUMN backchannel_logout_uri text not null default ''",
    "ALTER TABLE client ADD COLUMN refresh_token_lifetime text not null default ''",
  ],
  // 23: sessions by id
  [
    "DROP TABLE auth_session",
    `CREATE TABLE auth_session (
      id text not null primary key,
      secret text not null default '',
      user_id text not null,
      connector_id text not null,
      client_states blob not null,
      created_at timestamp not null,
      last_activity timestamp not null,
      ip_address text not null default '',
      user_agent text not null default '',
      absolute_expiry timestamp not null default '1970-01-01 00:00:00',
      idle_expiry timestamp not null default '1970-01-01 00:00:00',
      logout_state blob
    )`,
    "CREATE INDEX auth_session_user_idx ON auth_session (user_id, connector_id)",
    "ALTER TABLE auth_code ADD COLUMN session_id text not null default ''",
  ],
];
