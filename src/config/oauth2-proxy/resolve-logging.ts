import type { LogChannel, OAuth2ProxyConfiguration, OAuth2ProxyLogging } from "../oauth2-proxy-configuration.ts";
import type { Resolving } from "./resolving.ts";

/** The original's log when somebody configured anything about it; else nothing, which means our own. */
export function resolveLogging(resolving: Resolving): Pick<OAuth2ProxyConfiguration, "logging"> {
  const isConfigured = DECIDING.some((name) => resolving.settings.isSet(name));
  return isConfigured ? { logging: resolveChannels(resolving) } : {};
}

const DECIDING = [
  "standard-logging",
  "auth-logging",
  "request-logging",
  "standard-logging-format",
  "auth-logging-format",
  "request-logging-format",
  "errors-to-info-log",
  "exclude-logging-path",
  "logging-filename",
  "logging-max-size",
  "logging-max-age",
  "logging-max-backups",
  "logging-compress",
  "logging-local-time",
] as const;

function resolveChannels({ settings }: Resolving): OAuth2ProxyLogging {
  const channel = (name: "standard" | "auth" | "request"): LogChannel => ({
    enabled: settings.flag(`${name}-logging`),
    format: settings.text(`${name}-logging-format`),
  });
  const path = settings.text("logging-filename");
  const file = {
    path,
    maxMegabytes: settings.number("logging-max-size"),
    maxAgeDays: settings.number("logging-max-age"),
    maxBackups: settings.number("logging-max-backups"),
    compress: settings.flag("logging-compress"),
  };
  return {
    standard: channel("standard"),
    auth: channel("auth"),
    request: { ...channel("request"), excludedPaths: settings.list("exclude-logging-path") },
    errorsToInfoLog: settings.flag("errors-to-info-log"),
    localTime: settings.flag("logging-local-time"),
    ...(path === "" ? {} : { file }),
  };
}
