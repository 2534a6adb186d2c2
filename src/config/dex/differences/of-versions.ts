/** What the release and the development version of dex do otherwise, and which of them Gatehouse follows. */
export interface VersionDifference {
  readonly topic: string;
  /** dex 2.45. */
  readonly release: string;
  /** dex's development version of 2026. */
  readonly development: string;
  readonly ours: string;
  readonly why: string;
}

export const VERSION_DIFFERENCES: readonly VersionDifference[] = [
  {
    topic: "`/auth` of an unknown client",
    release: "the choice of connectors; 404 after choosing",
    development: "400",
    ours: "400",
    why: "nobody chooses in vain",
  },
  {
    topic: "`prompt`, `max_age`, `id_token_hint`",
    release: "ignored",
    development: "checked, some followed",
    ours: "checked and followed",
    why: "OpenID Connect Core §3.1.2.1; honest clients of the release do not send nonsense",
  },
  {
    topic: "`redirect_uri`",
    release: "is decoded twice",
    development: "once",
    ours: "once",
    why: "it must be exactly what is registered (#4885)",
  },
  {
    topic: "unknown PKCE method without a challenge",
    release: "refused",
    development: "ignored",
    ours: "refused",
    why: "as the release",
  },
  {
    topic: "after the sign-in",
    release: "`/approval`, or the client",
    development: "`/auth` decides",
    ours: "as the release",
    why: "a replica of the release can take the next step",
  },
  {
    topic: "signature in the address of `/approval`",
    release: "of the request's id",
    development: "of the id and the step",
    ours: "made as by the release, both are understood",
    why: "replicas of either version stand beside ours",
  },
  {
    topic: "an approval that was given goes",
    release: "to the client",
    development: "through `/auth` to the client",
    ours: "as the release",
    why: "one redirect less",
  },
  {
    topic: "an approval that comes again, or of nothing",
    release: "500",
    development: "400",
    ours: "400",
    why: "the mistake is not the server's",
  },
  {
    topic: "a sign-in that began with another connector",
    release: "500",
    development: "400",
    ours: "400",
    why: "the same",
  },
  {
    topic: "`claims_supported`",
    release: "up to `at_hash`",
    development: "`groups` and `federated_claims` too",
    ours: "as the development version",
    why: "it adds, and it is true",
  },
  {
    topic: "client credentials grant",
    release: "not known",
    development: "with `oauth2.grantTypes` or a variable",
    ours: "as the development version",
    why: "it adds; off unless asked for",
  },
  {
    topic: "claims `jti` and `auth_time`",
    release: "not there",
    development: "there",
    ours: "there",
    why: "revocation and `max_age` need them; clients ignore what they do not know",
  },
  {
    topic: "`at_hash` with `response_type=id_token token`",
    release: "not there",
    development: "there",
    ours: "there",
    why: "OpenID Connect Core §3.2.2.10",
  },
  {
    topic: "`/device/code`",
    release: "JSON with indentation",
    development: "JSON in one line",
    ours: "as the release",
    why: "the same to whoever reads JSON",
  },
  {
    topic: "`/device/auth/verify_code`",
    release: "shows the client's secret to the browser",
    development: "does not",
    ours: "does not",
    why: "addresses get into logs",
  },
  {
    topic: "devices of a public client, issuer with a path",
    release: "work",
    development: "need a registered address",
    ours: "work",
    why: "clients of the release registered none",
  },
  {
    topic: "`/device/token`",
    release: "there, deprecated",
    development: "gone",
    ours: "there",
    why: "old devices poll there",
  },
  {
    topic: "pages",
    release: "buttons in links",
    development: "links",
    ours: "our own, or the templates of `frontend.dir`",
    why: "their look is nobody's interface",
  },
  {
    topic: "a number or truth value where the file needs text",
    release: "is taken for the text",
    development: "is refused",
    ours: "as the release",
    why: "files of the release go on working",
  },
  {
    topic: "templates that `frontend.dir` must have",
    release: "seven",
    development: "eleven",
    ours: "seven",
    why: "folders of both will do",
  },
  {
    topic: "a refresh with SQLite or in memory",
    release: "works",
    development: "may hang for ever",
    ours: "works",
    why: "no transaction waits for another",
  },
  {
    topic: "tables of an SQL storage",
    release: "13 or 14 migrations",
    development: "23 or 24",
    ours: "opens both, and brings the older forward by adding only",
    why: "what it opens stays usable by the version it comes from",
  },
  {
    topic: "gRPC API",
    release: "version 3",
    development: "version 4",
    ours: "not there yet",
    why: "still to be written",
  },
];
