import type { Configuration, TcpAddress } from "../configuration.ts";
import { parseGoListenAddress } from "../go-listen-address.ts";
import { errorAt } from "./raw-setting.ts";
import { notSupportedYet } from "./refuse-unsupported.ts";
import { resolveConnector } from "./resolve-connector.ts";
import { resolveCookie, resolveSession } from "./resolve-cookie.ts";
import { resolveOAuth2Proxy } from "./resolve-oauth2-proxy.ts";
import { resolveTrustedProxies } from "./resolve-trusted-proxies.ts";
import type { Resolving } from "./resolving.ts";

/** Turn the settings into the configuration. It is usable only when no error was added to `problems`. */
export function resolveSettings(resolving: Resolving): Configuration {
  const connector = resolveConnector(resolving);
  return {
    dialect: "oauth2-proxy",
    publicUrl: "",
    listeners: [{ address: resolveListen(resolving) }],
    telemetryListeners: [],
    storage: { type: "memory" },
    trustedProxies: resolveTrustedProxies(resolving),
    logging: { format: "auto", level: "info" },
    branding: { name: "Gatehouse" },
    connectors: [connector],
    cookie: resolveCookie(resolving),
    session: resolveSession(resolving),
    oauth2Proxy: resolveOAuth2Proxy(resolving, {
      loginParameters: Object.entries(connector.authorizationParameters).map(([name, value]) => ({
        name,
        defaults: [value],
        allow: [],
      })),
      backendLogoutUrl: "",
      requestHeaders: [],
      responseHeaders: [],
      upstreams: { proxyRawPath: false, upstreams: [] },
      admissionGroups: resolving.settings.list("allowed-group"),
      providerName: connector.name,
    }),
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
