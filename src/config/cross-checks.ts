import { isIP } from "node:net";

import { duplicateIds, duplicates } from "./duplicates.ts";
import { type Finding, errorAt, warningAt } from "./finding.ts";
import type { Draft } from "./native-file.ts";
import type { GatehouseFile } from "./schema/gatehouse-file.ts";
import { isLoopbackHost } from "./schema/http-url.ts";
import { durationSeconds } from "./schema/values.ts";

type File = Draft<GatehouseFile>;
type Connector = NonNullable<NonNullable<File["connectors"]>[number]>;

/** Second-level names that registries of countries use, as in `co.uk`: browsers refuse cookies for them. */
const REGISTRY_NAME = /^(?:ac|co|com|edu|gov|net|org)\.[a-z]{2}$/;

/** What only shows when parts of the file are seen together. Wrong parts are left out of the draft, and not judged again. */
export function crossChecks(file: File): readonly Finding[] {
  return [
    ...checkPublicUrl(file),
    ...checkListen(file),
    ...checkCookie(file),
    ...checkSession(file),
    ...checkConnectors(file),
  ];
}

function checkPublicUrl({ publicUrl }: File): readonly Finding[] {
  if (publicUrl === undefined || !isOpenHttp(publicUrl)) return [];
  return [warningAt(["publicUrl"], "is plain http: cookies and passwords can be read on the way.", "Use https.")];
}

function checkListen({ listen, telemetryListen }: File): readonly Finding[] {
  if (listen === undefined || telemetryListen === undefined || telemetryListen === "off") return [];
  const [host, port] = splitAddress(listen);
  const [otherHost, otherPort] = splitAddress(telemetryListen);
  const overlap = host === otherHost || isWildcard(host) || isWildcard(otherHost);
  if (port !== otherPort || port === "0" || !overlap) return [];
  return [errorAt(["telemetryListen"], "is the address of listen.", "Give telemetry a port of its own.")];
}

function splitAddress(address: string): readonly [string, string] {
  const colon = address.lastIndexOf(":");
  return [address.slice(0, colon).toLowerCase(), String(Number(address.slice(colon + 1)))];
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || (isIP(host.slice(1, -1)) === 6 && /^[0:]+$/.test(host.slice(1, -1)));
}

function checkCookie({ cookie, publicUrl }: File): readonly Finding[] {
  const domain = cookie?.domain;
  if (domain === undefined) return [];
  const path = ["cookie", "domain"];
  const findings: Finding[] = [];
  if (publicUrl !== undefined && !isWithin(new URL(publicUrl).hostname, domain)) {
    findings.push(errorAt(path, "does not contain the host of publicUrl.", "Write the domain that all hosts share."));
  }
  if (REGISTRY_NAME.test(domain)) {
    const message = "looks like a name that registries keep for themselves; browsers refuse cookies for those.";
    findings.push(warningAt(path, message, "Write the domain that is yours."));
  }
  return findings;
}

function checkSession({ session }: File): readonly Finding[] {
  if (session?.idle === undefined || session.lifetime === undefined) return [];
  if (durationSeconds(session.idle) <= durationSeconds(session.lifetime)) return [];
  return [
    errorAt(
      ["session", "idle"],
      `is longer than session.lifetime (${session.lifetime}).`,
      "Write a shorter one, or set session.lifetime too.",
    ),
  ];
}

function checkConnectors({ connectors = [], publicUrl }: File): readonly Finding[] {
  const each = connectors.flatMap((connector, index) =>
    connector === undefined ? [] : checkConnector(connector, index, publicUrl),
  );
  return [...duplicateIds("connectors", connectors), ...each];
}

function checkConnector(connector: Connector, index: number, publicUrl: string | undefined): readonly Finding[] {
  if ("users" in connector) return connector.users === undefined ? [] : checkUsers(connector.users, index);
  if (!("issuer" in connector) || connector.issuer === undefined) return [];
  const path = ["connectors", index, "issuer"];
  if (publicUrl !== undefined && new URL(connector.issuer).origin === new URL(publicUrl).origin) {
    return [errorAt(path, "is Gatehouse itself.", "Write the issuer of another identity provider.")];
  }
  if (!isOpenHttp(connector.issuer)) return [];
  return [warningAt(path, "is plain http: whoever is on the way can sign in as anybody.", "Use https.")];
}

function checkUsers(users: readonly (Draft<LocalUserEntry> | undefined)[], index: number): readonly Finding[] {
  const path = ["connectors", index, "users"];
  const emails = users.map((user) => user?.email?.toLowerCase());
  const userIds = users.map((user) => user?.userId ?? user?.email?.toLowerCase());
  const twice = new Set(duplicates(emails));
  return [
    ...(users.length === 0 ? [warningAt(path, "is empty: nobody can sign in here.", "Add a user.")] : []),
    ...[...twice].map((user) => errorAt([...path, user, "email"], "is there twice.", "Remove one of the users.")),
    ...duplicates(userIds)
      .filter((user) => !twice.has(user))
      .map((user) => errorAt([...path, user, "userId"], "is another user's.", "Give each an identifier of its own.")),
  ];
}

type LocalUserEntry = Extract<GatehouseFile["connectors"][number], { type: "local" }>["users"][number];

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

function isOpenHttp(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === "http:" && !isLoopbackHost(hostname);
}
