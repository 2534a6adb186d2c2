import type { SchemaStep } from "./schema-step.ts";

/**
 * The steps that make our own tables, which lie beside dex's under the prefix `gatehouse_` so that dex never sees them.
 * Step n is row n of `gatehouse_migrations`. A step that was released is never changed: append. Times are numbers,
 * seconds since the epoch. Only keys are plain `text`, which has an end in MySQL.
 */
export const GATEHOUSE_MIGRATIONS: readonly SchemaStep[] = [
  [
    `CREATE TABLE gatehouse_session (
      id text not null primary key,
      secret_hash longtext not null,
      connector_id longtext not null,
      user_id longtext not null,
      username longtext not null,
      preferred_username longtext not null,
      email longtext not null,
      email_verified boolean not null,
      user_groups longbytes not null,
      sealed_tokens longtext not null,
      tokens_expire_at number not null,
      created_at number not null,
      last_seen_at number not null,
      refreshed_at number not null,
      expires_at number not null
    )`,
    "CREATE INDEX gatehouse_session_expiry ON gatehouse_session (expires_at)",
    "CREATE TABLE gatehouse_lease (name text not null primary key, holder longtext not null, expires_at number not null)",
    `CREATE TABLE gatehouse_redeemed_code (
      code_id text not null primary key,
      refresh_token_id longtext not null,
      token_ids longbytes not null,
      expiry number not null
    )`,
    "CREATE TABLE gatehouse_revoked_token (token_id text not null primary key, expiry number not null)",
  ],
  [
    `CREATE TABLE gatehouse_personal_claims (
      user_id text not null,
      connector_id text not null,
      claims longbytes not null,
      PRIMARY KEY (user_id, connector_id)
    )`,
  ],
];
