import type {
  CsrfConfiguration,
  HealthConfiguration,
  OAuth2ProxyConfiguration,
  OAuth2ProxyPagesConfiguration,
} from "../oauth2-proxy-configuration.ts";
import { parseGoUrl } from "./go-url.ts";
import { resolveAdmission, resolveHtpasswd, resolveTrustedIps, resolveWhitelistDomains } from "./resolve-access.ts";
import { resolveBearer } from "./resolve-bearer.ts";
import { resolveSameSite } from "./resolve-cookie.ts";
import { resolveLogging } from "./resolve-logging.ts";
import { resolveSignature } from "./resolve-signature.ts";
import { resolveApiRoutes, resolveSkipAuth } from "./resolve-skip-auth.ts";
import { notNegative, type Resolving } from "./resolving.ts";
import { errorAt } from "./raw-setting.ts";
import type { StructuredResult } from "./structured/resolve-structured.ts";

/** What the structured options (a file, or the flags it replaces) decide. */
export type StructuredPart = Pick<
  StructuredResult,
  | "requestHeaders"
  | "responseHeaders"
  | "upstreams"
  | "loginParameters"
  | "backendLogoutUrl"
  | "admissionGroups"
  | "trust"
  | "providerName"
> & {
  /** Where TLS is to be listened on, as typed; empty = nowhere. */
  readonly secureAddress: string;
};

/** How the proxy behaves, from both kinds of options. */
export function resolveOAuth2Proxy(resolving: Resolving, structured: StructuredPart): OAuth2ProxyConfiguration {
  const { settings } = resolving;
  const { admissionGroups, providerName, secureAddress, trust } = structured;
  return {
    pathPrefix: resolvePrefix(resolving),
    health: resolveHealth(resolving),
    ...resolveForceHttps(resolving, secureAddress),
    callback: { redirectUrl: resolveRedirectUrl(resolving), relative: settings.flag("relative-redirect-url") },
    reverseProxy: settings.flag("reverse-proxy"),
    realClientIpHeader: resolveClientIpHeader(resolving),
    trustedIps: resolveTrustedIps(resolving),
    allowQuerySemicolons: settings.flag("allow-query-semicolons"),
    encodeState: settings.flag("encode-state"),
    csrf: resolveCsrf(resolving),
    admission: resolveAdmission(resolving, admissionGroups),
    whitelistDomains: resolveWhitelistDomains(resolving),
    ...resolveHtpasswd(resolving),
    skipAuth: resolveSkipAuth(resolving),
    apiRoutes: resolveApiRoutes(resolving),
    forceJsonErrors: settings.flag("force-json-errors"),
    ...resolveBearer(resolving, trust),
    bearerTokenLoginFallback: settings.flag("bearer-token-login-fallback"),
    skipProviderButton: settings.flag("skip-provider-button"),
    loginParameters: structured.loginParameters,
    backendLogoutUrl: structured.backendLogoutUrl,
    requestHeaders: structured.requestHeaders,
    responseHeaders: structured.responseHeaders,
    upstreams: structured.upstreams,
    ...resolveSignature(resolving),
    requestIdHeader: settings.text("request-id-header"),
    pages: resolvePages(resolving, providerName),
    ...resolveLogging(resolving),
  };
}

/** A trailing slash is dropped: with it, the original's endpoints would all have two. */
function resolvePrefix({ settings, problems }: Resolving): string {
  const prefix = settings.text("proxy-prefix").replace(/\/+$/, "");
  if (/^(?:\/[^/\s?#]+)*$/.test(prefix)) return prefix;
  const remedy = "Write a path such as /oauth2, with a slash in front.";
  problems.push(errorAt(settings.place("proxy-prefix"), "is not a path the proxy can own.", remedy));
  return "/oauth2";
}

function resolveHealth({ settings }: Resolving): HealthConfiguration {
  return {
    pingPath: settings.text("ping-path"),
    pingUserAgent: settings.text("ping-user-agent"),
    readyPath: settings.text("ready-path"),
    gcp: settings.flag("gcp-healthchecks"),
    silencePingLogging: settings.flag("silence-ping-logging"),
  };
}

function resolveForceHttps(
  { settings, problems }: Resolving,
  secureAddress: string,
): Pick<OAuth2ProxyConfiguration, "forceHttps"> {
  if (!settings.flag("force-https")) return {};
  const port = /:(\d+)$/.exec(secureAddress)?.[1];
  if (port !== undefined) return { forceHttps: { port: Number(port) } };
  const message = `could not build pre-auth chain: invalid HTTPS address ${JSON.stringify(secureAddress)}: missing port in address`;
  const remedy = "Give --tls-cert-file and --tls-key-file, or let the gateway redirect.";
  problems.push(errorAt(settings.place("force-https"), message, remedy));
  return {};
}

/** What it lacks is filled in at each request. */
function resolveRedirectUrl(resolving: Resolving): string {
  const { settings, problems } = resolving;
  const text = settings.text("redirect-url");
  const parsed = parseGoUrl(text);
  if ("url" in parsed) return text === "" || parsed.url.path !== "" ? text : withCallbackPath(text, resolving);
  const remedy = "Write the callback's full address, such as https://auth.example.com/oauth2/callback.";
  const message = `error parsing redirect-url=${JSON.stringify(text)} ${parsed.error}`;
  problems.push(errorAt(settings.place("redirect-url"), message, remedy));
  return "";
}

/** A host alone means our own callback there. */
function withCallbackPath(text: string, { settings }: Resolving): string {
  const end = /[?#]|$/.exec(text)?.index;
  const prefix = settings.text("proxy-prefix").replace(/\/+$/, "");
  return `${text.slice(0, end)}${prefix}/callback${text.slice(end)}`;
}

const CLIENT_IP_HEADERS: readonly string[] = [
  "X-Forwarded-For",
  "X-Real-IP",
  "X-ProxyUser-IP",
  "X-Envoy-External-Address",
  "CF-Connecting-IP",
];

function resolveClientIpHeader({ settings, problems }: Resolving): string {
  const name = settings.text("real-client-ip-header");
  const known = CLIENT_IP_HEADERS.find((header) => header.toLowerCase() === name.toLowerCase());
  if (known !== undefined || !settings.flag("reverse-proxy")) return known ?? name;
  const message = `real_client_ip_header (${name}) not accepted parameter value: the http header key (${name}) is either invalid or unsupported`;
  problems.push(
    errorAt(settings.place("real-client-ip-header"), message, `Write one of ${CLIENT_IP_HEADERS.join(", ")}.`),
  );
  return name;
}

function resolveCsrf(resolving: Resolving): CsrfConfiguration {
  const { settings } = resolving;
  const sameSite = resolveSameSite(resolving, "cookie-csrf-samesite");
  return {
    perRequest: settings.flag("cookie-csrf-per-request"),
    perRequestLimit: settings.number("cookie-csrf-per-request-limit"),
    expireSeconds: notNegative(resolving, "cookie-csrf-expire"),
    ...(sameSite === undefined ? {} : { sameSite }),
  };
}

function resolvePages({ settings }: Resolving, providerName: string): OAuth2ProxyPagesConfiguration {
  return {
    templatesDir: settings.text("custom-templates-dir"),
    banner: settings.text("banner"),
    footer: settings.text("footer"),
    logo: settings.text("custom-sign-in-logo"),
    providerName,
    showDebugOnError: settings.flag("show-debug-on-error"),
  };
}
