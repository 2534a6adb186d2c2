import { duplicates } from "./duplicates.ts";
import { type Finding, type Path, errorAt, warningAt } from "./finding.ts";
import type { Draft } from "./native-file.ts";
import type { AccessEntry } from "./schema/apps.ts";
import type { GatehouseFile } from "./schema/gatehouse-file.ts";
import { splitHostPattern } from "./schema/host-pattern.ts";

type File = Draft<GatehouseFile>;

/** What only shows when an app is seen beside the others, `publicUrl` and `cookie`. */
export function checkApps(file: File): readonly Finding[] {
  const apps = file.apps ?? [];
  const hosts = apps.map((app) => app?.host);
  const each = apps.flatMap((app, index) => [
    ...(app?.host === undefined ? [] : checkHost(file, app.host, ["apps", index, "host"])),
    ...checkAccess(app, ["apps", index]),
    ...(app?.rules ?? []).flatMap((rule, number) => checkAccess(rule, ["apps", index, "rules", number])),
  ]);
  return [...checkNone(file), ...checkOrder(hosts), ...each];
}

function checkNone({ publicUrl, connectors, apps, clients, provider }: File): readonly Finding[] {
  if (publicUrl === undefined || connectors === undefined || apps?.length !== 0) return [];
  if (provider !== undefined || clients?.length !== 0) return [];
  const finding = warningAt([], "has no apps and no clients: nothing is protected yet.", "Add apps or clients.");
  return [{ ...finding, absent: [["apps"], ["clients"], ["provider"]] }];
}

function checkOrder(hosts: readonly (string | undefined)[]): readonly Finding[] {
  const twice = duplicates(hosts);
  const same = twice.map((index) =>
    errorAt(
      ["apps", index, "host"],
      "is there twice; the second would never match.",
      "Put both into one app, with rules.",
    ),
  );
  const hidden = hosts.flatMap((host, index) => {
    const cover = hosts.slice(0, index).find((earlier) => earlier !== host && covers(earlier, host));
    if (host === undefined || cover === undefined || twice.includes(index)) return [];
    const message = `never matches, because ${cover} before it matches all of it.`;
    return [warningAt(["apps", index, "host"], message, `Move it before ${cover}.`)];
  });
  return [...same, ...hidden];
}

function covers(pattern: string | undefined, host: string | undefined): boolean {
  if (pattern === undefined || host === undefined) return false;
  const [wide, narrow] = [splitHostPattern(pattern), splitHostPattern(host)];
  const samePort = wide.port === "*" || wide.port === narrow.port;
  if (!samePort) return false;
  return wide.prefix === "*." ? narrow.name.endsWith(`.${wide.name}`) : wide.name === narrow.name && !narrow.prefix;
}

function checkHost({ publicUrl, cookie }: File, pattern: string, path: Path): readonly Finding[] {
  if (publicUrl === undefined) return [];
  const { hostname, port } = new URL(publicUrl);
  const host = splitHostPattern(pattern);
  const isSame = host.prefix === "" && host.name === hostname;
  if (isSame || (host.prefix === "*." && hostname.endsWith(`.${host.name}`))) {
    const what = isSame ? "is the host of publicUrl" : `covers ${hostname}, the host of publicUrl`;
    return [errorAt(path, `${what}: signing in would need signing in.`, "Give the app a host of its own.")];
  }
  const findings: Finding[] = [...checkCookieReaches(cookie?.domain, host.name, path)];
  if (port !== "" && host.port === "") {
    const message = `matches the scheme's own port only, and publicUrl has port ${port}.`;
    findings.push(warningAt(path, message, `Write ${pattern}:${port} if the app is at that port too.`));
  }
  return findings;
}

function checkCookieReaches(domain: string | undefined, name: string, path: Path): readonly Finding[] {
  if (domain === undefined) {
    const message = "never gets the session cookie, which is for the host of publicUrl only.";
    const remedy = "Set cookie.domain to a domain that both share.";
    return [{ ...errorAt(path, message, remedy), absent: [["cookie", "domain"]] }];
  }
  if (name === domain || name.endsWith(`.${domain}`)) return [];
  const message = `is outside cookie.domain (${domain}): the session cookie never gets there.`;
  return [errorAt(path, message, "Use a host below that domain.")];
}

function checkAccess(access: Draft<AccessEntry> | undefined, path: Path): readonly Finding[] {
  if (access === undefined) return [];
  const { allow, public: isPublic } = access;
  if (isPublic === true && allow !== undefined)
    return [errorAt(path, "has both public and allow.", "Keep one of them.")];
  if (isPublic === true) return [];
  if (allow === undefined) {
    const finding = errorAt(
      path,
      "does not say who may pass.",
      "Add allow: { everyone: true } or such, or public: true.",
    );
    return [{ ...finding, absent: ["allow", "public"].map((key) => [...path, key]) }];
  }
  return checkAllow(allow, [...path, "allow"]);
}

function checkAllow(allow: NonNullable<Draft<AccessEntry>["allow"]>, path: Path): readonly Finding[] {
  const { everyone, groups = [], emails = [], emailDomains = [] } = allow;
  const named = groups.length + emails.length + emailDomains.length;
  if (everyone !== true && named === 0) {
    const finding = errorAt(path, "allows nobody.", "Name groups, emails or emailDomains, or write everyone: true.");
    return [{ ...finding, absent: ["everyone", "groups", "emails", "emailDomains"].map((key) => [...path, key]) }];
  }
  if (everyone !== true || named === 0) return [];
  return [warningAt(path, "allows everyone, so that the rest means nothing.", "Keep one of them.")];
}
