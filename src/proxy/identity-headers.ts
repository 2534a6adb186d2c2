import { Buffer } from "node:buffer";

import type { Identity } from "../protocol/identity.ts";
import type { Session } from "../session/session.ts";

type HeaderList = readonly (readonly [name: string, value: string])[];

/**
 * The identity headers of an allowed check's answer. Every one is always there, empty when there is nothing to say, so that a
 * gateway that copies it overwrites what a client sent.
 *
 * Values are UTF-8 bytes; control characters become spaces, so a claim cannot add a header. Groups are joined with commas; a
 * comma or percent sign inside a group is percent-encoded, so a group called `a,admins` does not make somebody an admin.
 *
 * @param session absent: nobody is signed in (a public place).
 */
export function answerIdentityHeaders(session: Session | undefined): HeaderList {
  const values = identityValues(session);
  return [...prefixed("X-Auth-Request-", values), ...prefixed("X-Forwarded-", values)];
}

/** The identity headers that an upstream of our own gets in place of the client's. Empty ones are left out. */
export function upstreamIdentityHeaders(session: Session | undefined): HeaderList {
  const values = identityValues(session).filter(([, value]) => value !== "");
  return [...prefixed("X-Forwarded-", values), ...prefixed("X-Auth-Request-", values)];
}

/** Would an application take this header, in whatever spelling, for somebody's identity? */
export function isIdentityHeader(name: string): boolean {
  const folded = foldHeaderName(name);
  return IDENTITY_NAMES.has(folded) || IDENTITY_PREFIXES.some((prefix) => folded.startsWith(prefix));
}

/** One spelling for all of a name: CGI, WSGI and PHP fold case, `_` and other marks too (CVE-2025-64484, CVE-2026-39858). */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}

/** What applications behind oauth2-proxy take for an identity, folded; besides all of `X-Auth-Request-*`. */
export const ORIGINAL_IDENTITY_NAMES: readonly string[] = [
  "x-forwarded-user",
  "x-forwarded-email",
  "x-forwarded-groups",
  "x-forwarded-preferred-username",
  "x-forwarded-access-token",
  "gap-auth",
];
const IDENTITY_NAMES = new Set([
  ...ORIGINAL_IDENTITY_NAMES,
  "remote-user",
  "remote-name",
  "remote-email",
  "remote-groups",
]);
/** Ours, then the families that well-known applications and Kubernetes believe. */
const IDENTITY_PREFIXES = ["x-auth-request-", "x-remote-", "x-webauth-", "impersonate-"];

const NOBODY: Pick<Identity, "userId" | "email" | "groups" | "preferredUsername"> = {
  userId: "",
  email: "",
  groups: [],
  preferredUsername: "",
};

function identityValues(session: Session | undefined): HeaderList {
  const { userId, email, groups, preferredUsername } = session?.identity ?? NOBODY;
  return [
    ["User", headerText(userId)],
    ["Email", headerText(email)],
    ["Groups", headerText(groups.map(escapeGroup).join(","))],
    ["Preferred-Username", headerText(preferredUsername)],
  ];
}

function escapeGroup(group: string): string {
  return group.replace(/[%,]/g, encodeURIComponent);
}

function prefixed(prefix: string, values: HeaderList): HeaderList {
  return values.map(([name, value]) => [prefix + name, value]);
}

/** Header fields hold bytes: text becomes its UTF-8 bytes, one character each. */
function headerText(text: string): string {
  const clean = text.replace(/[\0-\x1f\x7f-\x9f]/g, " ");
  return /^[ -~]*$/.test(clean) ? clean : Buffer.from(clean, "utf8").toString("latin1");
}
