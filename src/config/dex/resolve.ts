import type { Configuration, TcpAddress, LoggingConfiguration, StorageConfiguration } from "../configuration.ts";
import { parseGoListenAddress } from "../go-listen-address.ts";
import type { Problem } from "../problem.ts";
import { type ConfigObject, objectAt, placeAt, textAt } from "./config-object.ts";
import { errorAt, notSupportedYet, warningAt } from "./dex-problem.ts";
import { refuseType } from "./refuse-type.ts";
import { resolveConnectors } from "./resolve-connectors.ts";
import { resolveProvider } from "./resolve-provider.ts";

/** The file, the environment, and where everything wrong is gathered. */
export interface Resolving {
  readonly root: ConfigObject;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly problems: Problem[];
}

/** Turn the file into the configuration. It is usable only when no error was added to `problems`. */
export function resolveConfig(resolving: Resolving): Configuration {
  const { root } = resolving;
  const publicUrl = resolveIssuer(resolving).replace(/\/+$/, "");
  const telemetryListen = resolveListen(resolving, "telemetry.http");
  return {
    dialect: "dex",
    listeners: [{ address: resolveListen(resolving, "web.http") ?? { kind: "tcp", host: "127.0.0.1", port: 0 } }],
    telemetryListeners: telemetryListen === undefined ? [] : [{ address: telemetryListen }],
    storage: resolveStorage(resolving),
    trustedProxies: { ranges: [] },
    logging: resolveLogging(resolving),
    branding: { name: textAt(root, "frontend.issuer") || "dex" },
    connectors: resolveConnectors(resolving, publicUrl),
    // dex keeps no browser session, so these two say nothing yet.
    cookie: {
      name: "gatehouse_session",
      prefix: true,
      domains: [],
      path: "/",
      secure: publicUrl.startsWith("https://"),
      httpOnly: true,
      sameSite: "Lax",
    },
    session: { kind: "record", idleSeconds: 28_800, lifetimeSeconds: 604_800, cacheSeconds: 10 },
    provider: resolveProvider(resolving),
  };
}

function resolveIssuer({ root, problems }: Resolving): string {
  const issuer = textAt(root, "issuer");
  if (issuer !== "" && !(/^https?:\/\/[^/?#\s@]+[^?#\s]*$/i.test(issuer) && URL.canParse(issuer))) {
    const remedy = "Write an http or https address without user, query and fragment.";
    problems.push(errorAt(placeAt(root, "issuer"), "server: can't parse issuer URL", remedy));
  }
  return issuer;
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

function resolveStorage(resolving: Resolving): StorageConfiguration {
  const { root, problems } = resolving;
  const storage = objectAt(root, "storage");
  if (storage === undefined || refuseType(resolving, storage, "storage")) return { type: "memory" };
  if (textAt(storage, "type") === "memory") return { type: "memory" };
  const file = textAt(storage, "config.file");
  if (file === "" || file === ":memory:") {
    const remedy = "Set storage.config.file to keep it.";
    problems.push(warningAt(placeAt(storage, "config.file"), "without a file, a restart loses everything.", remedy));
  }
  return { type: "sqlite", file: file || ":memory:" };
}

function resolveLogging({ root, problems }: Resolving): LoggingConfiguration {
  const format = textAt(root, "logger.format") || "text";
  if (format !== "json" && format !== "text") {
    const message = `log format is not one of the supported values (json, text): ${format}`;
    problems.push(errorAt(placeAt(root, "logger.format"), message, "Write one of them."));
  }
  const level = textAt(root, "logger.level") || "info";
  const known = logLevel(level);
  if (known === undefined && LEVEL.test(level)) {
    problems.push(notSupportedYet(placeAt(root, "logger.level"), `logger.level: ${level}`));
  } else if (known === undefined) {
    const message = `slog: level string ${JSON.stringify(level)}: unknown name`;
    problems.push(errorAt(placeAt(root, "logger.level"), message, "Write debug, info, warn or error."));
  }
  return { format: format === "json" ? "json" : "text", level: known ?? "info" };
}

const LEVEL = /^(debug|info|warn|error)([+-]\d+)?$/i;

const LEVELS = [
  ["debug", -4],
  ["info", 0],
  ["warn", 4],
  ["error", 8],
] as const;

/** Our level that shows the same of our own lines: `INFO+2` hides what is below a warning. Undefined above errors. */
function logLevel(text: string): LoggingConfiguration["level"] | undefined {
  const [, name = "", offset = "0"] = LEVEL.exec(text) ?? [];
  const base = LEVELS.find(([level]) => level === name.toLowerCase())?.[1];
  return base === undefined ? undefined : LEVELS.find(([, value]) => value >= base + Number(offset))?.[0];
}
