import type { Configuration, TcpAddress, TrustedProxiesConfiguration } from "../configuration.ts";
import { parseGoListenAddress } from "../go-listen-address.ts";
import type { Problem } from "../problem.ts";
import { isIpRange } from "./ip-range.ts";
import { errorAt, warningAt } from "./raw-setting.ts";
import { notSupportedYet } from "./refuse-unsupported.ts";
import { resolveConnector } from "./resolve-connector.ts";
import { resolveCookie, resolveSession } from "./resolve-cookie.ts";
import { resolveProxy } from "./resolve-proxy.ts";
import type { Settings } from "./settings.ts";

export interface ResolveDeps {
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
}

/** What the settings are read from, and where everything wrong with them is gathered. */
export interface Resolving extends ResolveDeps {
  readonly settings: Settings;
  readonly problems: Problem[];
}

/** Turn the settings into the configuration. It is usable only when no error was added to `problems`. */
export function resolveSettings(resolving: Resolving): Configuration {
  const { publicUrl, proxy } = resolveProxy(resolving);
  return {
    dialect: "oauth2-proxy",
    publicUrl,
    listeners: [{ address: resolveListen(resolving) }],
    telemetryListeners: [],
    storage: { type: "memory" },
    trustedProxies: resolveTrustedProxies(resolving),
    logging: { format: "auto", level: "info" },
    branding: { name: "Gatehouse" },
    connectors: [resolveConnector(resolving)],
    cookie: resolveCookie(resolving),
    session: resolveSession(resolving),
    proxy,
  };
}

const NOWHERE: TcpAddress = { kind: "tcp", host: "127.0.0.1", port: 0 };

function resolveListen({ settings, problems }: Resolving): TcpAddress {
  const text = settings.text("http-address");
  const place = settings.place("http-address");
  if (text === "" || text === "-" || /^(?:unix:|fd:|https:)/i.test(text)) {
    problems.push(notSupportedYet(place, `--http-address=${text}`));
    return NOWHERE;
  }
  const parsed = parseGoListenAddress(text.replace(/^http:\/\//i, ""));
  if ("address" in parsed) return parsed.address;
  problems.push(errorAt(place, `listen tcp: ${parsed.error}`, "Write host:port, such as 127.0.0.1:4180."));
  return NOWHERE;
}

const EVERYBODY: readonly string[] = ["0.0.0.0/0", "::/0"];

function resolveTrustedProxies({ settings, problems }: Resolving): TrustedProxiesConfiguration {
  const ranges = settings.list("trusted-proxy-ip");
  for (const [index, range] of ranges.entries()) {
    if (isIpRange(range)) continue;
    const message = `trusted_proxy_ips[${index}] (${range}) could not be recognized`;
    const remedy = "Write an IP address, or a network such as 10.0.0.0/8 without host bits.";
    problems.push(errorAt(settings.place("trusted-proxy-ip"), message, remedy));
  }
  if (!settings.flag("reverse-proxy")) return { ranges: [] };
  if (ranges.length > 0) return { ranges };
  problems.push(
    warningAt(
      settings.place("reverse-proxy"),
      "everybody's X-Forwarded-* headers are believed, because --trusted-proxy-ip is not set.",
      "Set --trusted-proxy-ip to the gateway's addresses.",
    ),
  );
  return { ranges: EVERYBODY };
}
