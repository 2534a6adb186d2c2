import { type Finding, errorAt, warningAt } from "./finding.ts";
import type { AccessEntry } from "./schema/apps.ts";
import type { GatehouseFile } from "./schema/gatehouse-file.ts";
import { durationSeconds } from "./schema/values.ts";

/** What only shows when parts of the file are seen together. */
export function crossChecks(file: GatehouseFile): readonly Finding[] {
  return [
    ...checkPublicUrl(file),
    ...checkListen(file),
    ...checkCookie(file),
    ...checkSession(file),
    ...checkConnectors(file),
    ...checkApps(file),
    ...checkClients(file),
  ];
}

function checkPublicUrl({ publicUrl }: GatehouseFile): readonly Finding[] {
  const url = new URL(publicUrl);
  const findings: Finding[] = [];
  if (url.pathname !== "/" || url.search !== "") {
    findings.push(errorAt(["publicUrl"], "has a path or a query.", `Write ${url.origin}.`));
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    findings.push(
      warningAt(["publicUrl"], "is plain http: cookies and passwords can be read on the way.", "Use https."),
    );
  }
  return findings;
}

function checkListen({ listen, telemetryListen }: GatehouseFile): readonly Finding[] {
  const isPort = (address: string): boolean => Number(address.slice(address.lastIndexOf(":") + 1)) <= 65_535;
  const findings = (["listen", "telemetryListen"] as const)
    .filter((key) => key === "listen" || telemetryListen !== "off")
    .filter((key) => !isPort(key === "listen" ? listen : telemetryListen))
    .map((key) => errorAt([key], "has a port above 65535.", "Write a port from 0 to 65535."));
  const port = (address: string): string => address.slice(address.lastIndexOf(":"));
  if (telemetryListen !== "off" && port(telemetryListen) === port(listen) && port(listen) !== ":0") {
    findings.push(errorAt(["telemetryListen"], "has the port of listen.", "Give telemetry a port of its own."));
  }
  return findings;
}

function checkCookie({ cookie, publicUrl }: GatehouseFile): readonly Finding[] {
  const { domain } = cookie;
  if (domain === undefined || belongsTo(new URL(publicUrl).hostname, domain)) return [];
  return [
    errorAt(["cookie", "domain"], `does not contain the host of publicUrl.`, "Write the domain that all hosts share."),
  ];
}

function checkSession({ session }: GatehouseFile): readonly Finding[] {
  const [idle, lifetime] = [durationSeconds(session.idle), durationSeconds(session.lifetime)];
  if (idle === 0 || lifetime === 0) return [errorAt(["session"], "ends at once.", "Write durations above zero.")];
  if (idle <= lifetime) return [];
  return [errorAt(["session", "idle"], "is longer than session.lifetime.", "Write a shorter one.")];
}

function checkConnectors({ connectors }: GatehouseFile): readonly Finding[] {
  const users = connectors.flatMap((connector, index) =>
    connector.type === "local"
      ? duplicates(connector.users.map(({ email }) => email.toLowerCase())).map((user) =>
          errorAt(["connectors", index, "users", user, "email"], "is there twice.", "Remove one of the users."),
        )
      : [],
  );
  return [...duplicateIds("connectors", connectors), ...users];
}

function checkApps(file: GatehouseFile): readonly Finding[] {
  const hosts = duplicates(file.apps.map(({ host }) => host)).map((index) =>
    errorAt(
      ["apps", index, "host"],
      "is there twice; the second would never match.",
      "Put both into one app, with rules.",
    ),
  );
  const each = file.apps.flatMap((app, index) => [
    ...checkHost(file, app.host, index),
    ...checkUpstream(app.upstream, index),
    ...checkAccess(app, ["apps", index]),
    ...app.rules.flatMap((rule, number) => checkAccess(rule, ["apps", index, "rules", number])),
  ]);
  return [...hosts, ...each];
}

function checkHost({ publicUrl, cookie }: GatehouseFile, pattern: string, index: number): readonly Finding[] {
  const { hostname } = new URL(publicUrl);
  const [host = ""] = pattern.split(":");
  const path = ["apps", index, "host"];
  const wild = host.startsWith("*.");
  if (wild ? hostname.endsWith(host.slice(1)) : host === hostname) {
    const what = wild ? `covers ${hostname}, the host of publicUrl` : "is the host of publicUrl";
    return [errorAt(path, `${what}: signing in would need signing in.`, "Give the app a host of its own.")];
  }
  if (cookie.domain === undefined) {
    return [
      errorAt(
        path,
        "never gets the session cookie, which is for the host of publicUrl only.",
        "Set cookie.domain to a domain that both share.",
      ),
    ];
  }
  if (belongsTo(wild ? host.slice(2) : host, cookie.domain)) return [];
  return [
    errorAt(
      path,
      `is outside cookie.domain (${cookie.domain}): the session cookie never gets there.`,
      "Use a host below that domain.",
    ),
  ];
}

function checkUpstream(upstream: string | undefined, index: number): readonly Finding[] {
  if (upstream === undefined) return [];
  const { pathname, search, origin } = new URL(upstream);
  if (pathname === "/" && search === "") return [];
  return [
    errorAt(
      ["apps", index, "upstream"],
      "has a path or a query; targets are passed on as they are.",
      `Write ${origin}.`,
    ),
  ];
}

function checkAccess({ allow, public: isPublic }: AccessEntry, path: Finding["path"]): readonly Finding[] {
  if (isPublic === true && allow !== undefined)
    return [errorAt(path, "has both public and allow.", "Keep one of them.")];
  if (isPublic === true) return [];
  if (allow === undefined)
    return [
      errorAt(path, "does not say who may pass.", "Add allow, such as allow: { everyone: true }, or public: true."),
    ];
  const nobody = !allow.everyone && allow.groups.length + allow.emails.length + allow.emailDomains.length === 0;
  return nobody
    ? [errorAt([...path, "allow"], "allows nobody.", "Name groups, emails or emailDomains, or write everyone: true.")]
    : [];
}

function checkClients({ clients, connectors }: GatehouseFile): readonly Finding[] {
  const known = new Set(connectors.map(({ id }) => id));
  const each = clients.flatMap((client, index) => {
    const path = ["clients", index];
    return [
      ...(client.public === (client.secret === undefined)
        ? []
        : [
            errorAt(
              path,
              client.public ? "is public and has a secret." : "has no secret.",
              client.public ? "Remove the secret." : "Add a secret, or public: true.",
            ),
          ]),
      ...client.redirectUris.flatMap((uri, number) => checkRedirectUri(uri, [...path, "redirectUris", number])),
      ...client.allowedConnectors
        .filter((id) => !known.has(id))
        .map((id) =>
          errorAt([...path, "allowedConnectors"], `names ${id}, which is no connector.`, "Name an existing one."),
        ),
    ];
  });
  return [...duplicateIds("clients", clients), ...each];
}

function checkRedirectUri(uri: string, path: Finding["path"]): readonly Finding[] {
  if (!URL.canParse(uri) || uri.includes("#")) {
    return [
      errorAt(
        path,
        "is not an absolute address without fragment.",
        "Write one such as https://app.example.com/callback.",
      ),
    ];
  }
  const { protocol, hostname } = new URL(uri);
  if (/^(?:javascript|data|vbscript|file|blob):$/.test(protocol))
    return [errorAt(path, `must not be a ${protocol} address.`, "Use https.")];
  if (protocol !== "http:" || isLoopback(hostname)) return [];
  return [warningAt(path, "is plain http: codes can be read on the way.", "Use https.")];
}

function duplicateIds(section: string, entries: readonly { readonly id: string }[]): readonly Finding[] {
  return duplicates(entries.map(({ id }) => id)).map((index) =>
    errorAt([section, index, "id"], `${entries[index]?.id ?? ""} is there twice.`, "Give each an id of its own."),
  );
}

/** Positions of values that were there before. */
function duplicates(values: readonly string[]): readonly number[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    if (seen.has(value)) return [index];
    seen.add(value);
    return [];
  });
}

function belongsTo(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" || hostname.endsWith(".localhost") || hostname.startsWith("127.") || hostname === "[::1]"
  );
}
