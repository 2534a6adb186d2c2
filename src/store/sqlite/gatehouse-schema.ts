/**
 * The steps that make our own tables, which lie beside dex's under the prefix `gatehouse_` so that dex never sees them.
 * Step n is row n of `gatehouse_migrations`. A step that was released is never changed: append. Times are numbers,
 * seconds since the epoch.
 */
export const GATEHOUSE_MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE gatehouse_session (
      id text not null primary key,
      secret_hash text not null,
      connector_id text not null,
      user_id text not null,
      username text not null,
      preferred_username text not null,
      email text not null,
      email_verified integer not null,
      user_groups blob not null,
      sealed_tokens text not null,
      tokens_expire_at real not null,
      created_at real not null,
      last_seen_at real not null,
      refreshed_at real not null,
      expires_at real not null
    )`,
    "CREATE INDEX gatehouse_session_expiry ON gatehouse_session (expires_at)",
    "CREATE TABLE gatehouse_lease (name text not null primary key, holder text not null, expires_at real not null)",
    `CREATE TABLE gatehouse_redeemed_code (
      code_id text not null primary key,
      refresh_token_id text not null,
      token_ids blob not null,
      expiry real not null
    )`,
    "CREATE TABLE gatehouse_revoked_token (token_id text not null primary key, expiry real not null)",
  ],
];
