import { Buffer } from "node:buffer";

import type { IdentityHeadersConfiguration } from "../config/configuration.ts";
import type { Identity } from "../protocol/identity.ts";
import type { Session } from "../session/session.ts";

/** Which identity headers are sent, and in whose manner. */
export interface IdentityHeaderRules extends IdentityHeadersConfiguration {
  /**
   * `native`: every header is always there, empty when there is nothing to say, so that a gateway that copies it
   * overwrites what a client sent. `oauth2-proxy`: as the original, which leaves empty ones out and adds `GAP-Auth`.
   */
  readonly style: "native" | "oauth2-proxy";
}

type HeaderList = readonly (readonly [name: string, value: string])[];

/**
 * The identity headers of an allowed check's answer. Values are UTF-8 bytes; control characters become spaces, so a
 * claim cannot add a header. Groups are joined with commas; in the native style a comma or percent sign inside a group is
 * percent-encoded, so a group called `a,admins` does not make somebody an admin.
 *
 * @param session absent: nobody is signed in (a public place).
 */
export function answerIdentityHeaders(rules: IdentityHeaderRules, session: Session | undefined): HeaderList {
  const values = identityValues(rules, session);
  if (rules.style === "native") {
    return rules.identity
      ? [...prefixed("X-Auth-Request-", values), ...prefixed("X-Forwarded-", userValues(values))]
      : [];
  }
  const gap = session === undefined ? "" : headerText(session.identity.email || session.identity.userId);
  return [["GAP-Auth", gap] as const, ...(rules.identity ? prefixed("X-Auth-Request-", values) : [])].filter(isPresent);
}

/** The identity headers that an upstream of our own gets, after {@link stripIdentityHeaders}. Empty ones are left out. */
export function upstreamIdentityHeaders(rules: IdentityHeaderRules, session: Session | undefined): HeaderList {
  const values = identityValues(rules, session);
  return [
    ...(rules.passUserHeaders ? prefixed("X-Forwarded-", values) : []),
    ...(rules.style === "native" && rules.identity ? prefixed("X-Auth-Request-", values) : []),
  ].filter(isPresent);
}

/**
 * Remove every header that claims an identity from a client's request, in every spelling: any case, `_` or any other
 * mark for `-` (CGI, WSGI and PHP fold them: CVE-2025-64484, CVE-2026-39858), however often it is there.
 */
export function stripIdentityHeaders(headers: Headers): void {
  for (const name of Array.from(headers.keys())) if (isIdentityHeader(name)) headers.delete(name);
}

/** Would an application take this header, as it might fold its name, for somebody's identity? */
export function isIdentityHeader(name: string): boolean {
  const folded = name.toLowerCase().replace(/[^a-z0-9]/g, "-");
  return IDENTITY_NAMES.has(folded) || IDENTITY_PREFIXES.some((prefix) => folded.startsWith(prefix));
}

const IDENTITY_NAMES = new Set([
  "x-forwarded-user",
  "x-forwarded-email",
  "x-forwarded-groups",
  "x-forwarded-preferred-username",
  "x-forwarded-access-token",
  "gap-auth",
  "remote-user",
  "remote-name",
  "remote-email",
  "remote-groups",
]);
/** Ours, then the families that well-known applications and Kubernetes believe. */
const IDENTITY_PREFIXES = ["x-auth-request-", "x-remote-", "x-webauth-", "impersonate-"];

const ACCESS_TOKEN = "Access-Token";

const NOBODY: Pick<Identity, "userId" | "email" | "groups" | "preferredUsername"> = {
  userId: "",
  email: "",
  groups: [],
  preferredUsername: "",
};

function identityValues(rules: IdentityHeaderRules, session: Session | undefined): HeaderList {
  const identity = session?.identity ?? NOBODY;
  const groups = rules.style === "native" ? identity.groups.map(escapeGroup) : identity.groups;
  const values: HeaderList = [
    ["User", headerText(identity.userId)],
    ["Email", headerText(identity.email)],
    ["Groups", headerText(groups.join(","))],
    ["Preferred-Username", headerText(identity.preferredUsername)],
  ];
  return rules.accessToken ? [...values, [ACCESS_TOKEN, headerText(session?.tokens.accessToken ?? "")]] : values;
}

function escapeGroup(group: string): string {
  return group.replace(/[%,]/g, encodeURIComponent);
}

function userValues(values: HeaderList): HeaderList {
  return values.filter(([name]) => name !== ACCESS_TOKEN);
}

function prefixed(prefix: string, values: HeaderList): HeaderList {
  return values.map(([name, value]) => [prefix + name, value]);
}

function isPresent(header: readonly [string, string]): boolean {
  return header[1] !== "";
}

/** Header fields hold bytes: text becomes its UTF-8 bytes, one character each. */
function headerText(text: string): string {
  const clean = text.replace(/[\0-\x1f\x7f-\x9f]/g, " ");
  return /^[ -~]*$/.test(clean) ? clean : Buffer.from(clean, "utf8").toString("latin1");
}
