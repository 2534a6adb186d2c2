import { isIP } from "node:net";

import type { Listener, ListenerTls, TcpAddress, TrustedProxiesConfiguration } from "../configuration.ts";
import type { CorsConfiguration, FrontendConfiguration } from "../provider-configuration.ts";
import { parseGoListenAddress } from "../go-listen-address.ts";
import { listAt, mapAt, placeAt, textAt } from "./config-object.ts";
import { errorAt, warningAt } from "./dex-problem.ts";
import type { Resolving } from "./resolve.ts";

/** Plain and with TLS; the file has at least one of them. */
export function resolveListeners(resolving: Resolving): readonly Listener[] {
  const plain = resolveListen(resolving, "web.http");
  const secure = resolveListen(resolving, "web.https");
  return [
    ...(plain === undefined ? [] : [{ address: plain }]),
    ...(secure === undefined ? [] : [{ address: secure, tls: resolveTls(resolving) }]),
  ];
}

export function resolveTelemetryListeners(resolving: Resolving): readonly Listener[] {
  const address = resolveListen(resolving, "telemetry.http");
  return address === undefined ? [] : [{ address }];
}

function resolveListen({ root, problems }: Resolving, path: string): TcpAddress | undefined {
  const text = textAt(root, path);
  if (text === "") return undefined;
  const parsed = parseGoListenAddress(text);
  if ("address" in parsed) return parsed.address;
  const message = `listening on ${text}: listen tcp: ${parsed.error}`;
  problems.push(errorAt(placeAt(root, path), message, "Write host:port, such as 0.0.0.0:5556."));
  return undefined;
}

/** The original's list. What of it is not offered by the runtime is passed over. */
const CIPHERS: readonly string[] = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "AES128-GCM-SHA256",
  "AES256-GCM-SHA384",
];

function resolveTls(resolving: Resolving): ListenerTls {
  const { root } = resolving;
  const newest = textAt(root, "web.tlsMaxVersion");
  const [certificate, key] = [textAt(root, "web.tlsCert"), textAt(root, "web.tlsKey")];
  for (const path of ["web.tlsCert", "web.tlsKey"]) refuseUnreadable(resolving, path, "HTTP");
  return {
    certificate: { file: certificate },
    key: { file: key },
    minVersion: textAt(root, "web.tlsMinVersion") === "1.3" ? "TLSv1.3" : "TLSv1.2",
    ...(newest === "1.2" ? { maxVersion: "TLSv1.2" } : {}),
    ciphers: CIPHERS,
  };
}

function refuseUnreadable({ root, readFile, problems }: Resolving, path: string, what: "HTTP" | "gRPC"): void {
  const file = textAt(root, path);
  if (file === "") return;
  try {
    readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `invalid config: get ${what} TLS: load TLS config: loading TLS keypair: ${reason}`;
    problems.push(errorAt(placeAt(root, path), message, "Check its name and its mode."));
  }
}

/** What is said of the API that is not there yet; its files are looked at all the same. */
export function checkGrpc(resolving: Resolving): void {
  const { root, problems } = resolving;
  if (textAt(root, "grpc.addr") !== "") {
    const message = "the gRPC API is not there yet: nothing listens here.";
    problems.push(warningAt(placeAt(root, "grpc.addr"), message, "Make no changes over it meanwhile."));
  }
  for (const path of ["grpc.tlsCert", "grpc.tlsKey", "grpc.tlsClientCA"]) refuseUnreadable(resolving, path, "gRPC");
}

export function resolveCors({ root }: Resolving): CorsConfiguration {
  const headers = listAt(root, "web.allowedHeaders");
  return {
    origins: listAt(root, "web.allowedOrigins"),
    headers: headers.length === 0 ? ["Authorization"] : headers,
  };
}

const HEADERS = [
  "Content-Security-Policy",
  "X-Frame-Options",
  "X-Content-Type-Options",
  "X-XSS-Protection",
  "Strict-Transport-Security",
] as const;

export function resolveHeaders({ root, problems }: Resolving): Readonly<Record<string, string>> {
  const given = HEADERS.map((name) => [name, textAt(root, `web.headers.${name}`)] as const);
  for (const [name, value] of given) {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      const place = placeAt(root, `web.headers.${name}`);
      problems.push(errorAt(place, "is no value of a header.", "Write it on one line, in plain letters."));
    }
  }
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

/** A header without proxies whose word counts is nobody's, as in the original. */
export function resolveTrustedProxies({ root, problems }: Resolving): TrustedProxiesConfiguration {
  const header = textAt(root, "web.clientRemoteIP.header").toLowerCase();
  const ranges = listAt(root, "web.clientRemoteIP.trustedProxies");
  const place = placeAt(root, "web.clientRemoteIP.trustedProxies");
  for (const range of ranges) {
    if (isRange(range)) continue;
    const message = `failed to parse client remote IP settings: failed to parse CIDR ${JSON.stringify(range)}`;
    problems.push(errorAt(place, message, "Write ranges such as 10.0.0.0/8 or 10.1.2.3/32."));
  }
  if (header !== "" && ranges.length === 0) {
    const message = "without trustedProxies the header is ignored: any client could write it.";
    problems.push(warningAt(placeAt(root, "web.clientRemoteIP.header"), message, "Set trustedProxies."));
  }
  return header === "" || ranges.length === 0 ? { ranges: [] } : { ranges, header };
}

function isRange(text: string): boolean {
  const [, address = "", bits = ""] = /^([^/%]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
}

/** Own pages, when a folder is named. Without one, what only they show has no effect. */
export function resolveFrontend(resolving: Resolving): FrontendConfiguration | undefined {
  const { root, env } = resolving;
  const directory = textAt(root, "frontend.dir") || (env["DEX_FRONTEND_DIR"] ?? "");
  const theme = textAt(root, "frontend.theme") || "light";
  if (directory === "") {
    warnWithoutFolder(resolving);
    return undefined;
  }
  return {
    directory,
    theme: OLD_THEMES.includes(theme) ? "light" : theme,
    issuer: textAt(root, "frontend.issuer") || "dex",
    logoUrl: textAt(root, "frontend.logoURL") || "theme/logo.png",
    extra: mapAt(root, "frontend.extra"),
  };
}

const OLD_THEMES: readonly string[] = ["coreos", "tectonic"];

function warnWithoutFolder({ root, problems }: Resolving): void {
  const hasExtra = Object.keys(mapAt(root, "frontend.extra")).length > 0;
  const without = [
    ...(["", "light", ...OLD_THEMES].includes(textAt(root, "frontend.theme")) ? [] : ["frontend.theme"]),
    ...(["", "theme/logo.png"].includes(textAt(root, "frontend.logoURL")) ? [] : ["frontend.logoURL"]),
    ...(hasExtra ? ["frontend.extra"] : []),
  ];
  for (const path of without) {
    const remedy = "Set frontend.dir to a copy of the original's web folder to have its pages.";
    problems.push(warningAt(placeAt(root, path), "has no effect on the pages that Gatehouse brings.", remedy));
  }
}
