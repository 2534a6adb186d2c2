/** What the release and the development version of dex do otherwise, and which of them Gatehouse follows. */
export interface VersionDifference {
  readonly topic: string;
  /** dex 2.45. */
  readonly release: string;
  /** dex's development version of 2026. */
  readonly development: string;
  readonly ours: string;
}

export const VERSION_DIFFERENCES: readonly VersionDifference[] = [
  {
    topic: "`/auth` of an unknown client",
    release: "the choice of connectors; 404 after choosing",
    development: "400",
    ours: "400: nobody chooses in vain",
  },
  {
    topic: "`prompt`, `max_age`, `id_token_hint`",
    release: "ignored",
    development: "checked, some followed",
    ours: "checked and followed",
  },
  {
    topic: "after the sign-in",
    release: "`/approval`, or the client",
    development: "`/auth` decides",
    ours: "as the release",
  },
  {
    topic: "an approval that was given goes",
    release: "to the client",
    development: "through `/auth` to the client",
    ours: "as the release",
  },
  {
    topic: "an approval that comes again, or of nothing",
    release: "500",
    development: "400",
    ours: "400: the mistake is not ours",
  },
  {
    topic: "a sign-in that began with another connector",
    release: "500",
    development: "400",
    ours: "400",
  },
  {
    topic: "`claims_supported`",
    release: "up to `at_hash`",
    development: "`groups` and `federated_claims` too",
    ours: "as the development version",
  },
  {
    topic: "client credentials grant",
    release: "not known",
    development: "with `oauth2.grantTypes` or a variable",
    ours: "as the development version",
  },
  {
    topic: "claims `jti` and `auth_time`",
    release: "not there",
    development: "there",
    ours: "there",
  },
  {
    topic: "`at_hash` with `response_type=id_token token`",
    release: "not there",
    development: "there",
    ours: "there: OpenID Connect Core §3.2.2.10",
  },
  {
    topic: "`/device/code`",
    release: "JSON with indentation",
    development: "JSON in one line",
    ours: "as the release",
  },
  {
    topic: "`/device/auth/verify_code`",
    release: "shows the client's secret to the browser",
    development: "does not",
    ours: "does not",
  },
  {
    topic: "devices of a public client, issuer with a path",
    release: "work",
    development: "need a registered address",
    ours: "work",
  },
  { topic: "`/device/token`", release: "there, deprecated", development: "gone", ours: "there" },
  {
    topic: "templates that `frontend.dir` must have",
    release: "seven",
    development: "eleven",
    ours: "seven",
  },
  {
    topic: "a refresh with SQLite or in memory",
    release: "works",
    development: "may hang for ever",
    ours: "works",
  },
  {
    topic: "tables of an SQL storage",
    release: "13 or 14 migrations",
    development: "23 or 24",
    ours: "opens both; what it opens stays usable by the version it comes from",
  },
];
