import type { Configuration } from "../configuration.ts";
import type { ConnectorConfiguration, UpstreamTrust } from "../connector-configuration.ts";
import { checkFiles } from "./check-files.ts";
import { errorAt } from "./raw-setting.ts";
import { resolveCookie } from "./resolve-cookie.ts";
import { resolveOAuth2Proxy } from "./resolve-oauth2-proxy.ts";
import { resolveSession } from "./resolve-session.ts";
import { resolveTrustedProxies } from "./resolve-trusted-proxies.ts";
import type { Resolving } from "./resolving.ts";
import type { StructuredOptions } from "./structured-options.ts";
import type { PlacedStructured } from "./structured-from-flags.ts";
import { resolveStructured } from "./structured/resolve-structured.ts";

/** Turn the settings and structured options into the configuration. It is usable only when no error was added to `problems`. */
export function resolveSettings(resolving: Resolving, placed: PlacedStructured): Configuration {
  checkFiles(resolving);
  checkProviderButton(resolving, placed.structured);
  const isInsecure = resolving.settings.flag("ssl-insecure-skip-verify");
  const structured = isInsecure ? withoutAuthorities(placed.structured) : placed.structured;
  const resolved = resolveStructured(resolving, structured, placed.placeOf);
  const { connector, listeners, telemetryListeners, ...decided } = resolved;
  const trust = isInsecure ? ANY_CERTIFICATE : decided.trust;
  return {
    dialect: "oauth2-proxy",
    listeners,
    telemetryListeners,
    storage: { type: "memory" },
    trustedProxies: resolveTrustedProxies(resolving),
    logging: { format: "auto", level: "info" },
    branding: { name: "Gatehouse" },
    connectors: [withTrust(connector, trust)],
    cookie: resolveCookie(resolving),
    session: resolveSession(resolving, structured),
    oauth2Proxy: resolveOAuth2Proxy(resolving, {
      ...decided,
      ...(trust === undefined ? {} : { trust }),
      secureAddress: structured.server.secureBindAddress,
    }),
  };
}

/** Nobody could say which of them is meant, although only the first is ever used. */
function checkProviderButton({ settings, problems }: Resolving, { providers }: StructuredOptions): void {
  if (providers.length < 2 || !settings.flag("skip-provider-button")) return;
  const message = "SkipProviderButton and multiple providers are mutually exclusive";
  problems.push(errorAt(settings.place("skip-provider-button"), message, "Keep one provider, or remove the option."));
}

/** Wins over any list of authorities. It holds for the provider and other issuers, not for upstreams, which have an option of their own. */
const ANY_CERTIFICATE: UpstreamTrust = { authorities: [], useSystemTrustStore: true, insecureSkipVerify: true };

/** Files that nobody would believe are not read. */
function withoutAuthorities(structured: StructuredOptions): StructuredOptions {
  return { ...structured, providers: structured.providers.map((provider) => ({ ...provider, caFiles: [] })) };
}

function withTrust(connector: ConnectorConfiguration, trust: UpstreamTrust | undefined): ConnectorConfiguration {
  const hasOwnTrust = connector.type === "local" || connector.type === "federated";
  return trust === undefined || hasOwnTrust ? connector : { ...connector, trust };
}
