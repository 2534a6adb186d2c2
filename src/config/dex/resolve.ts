import type { Configuration } from "../configuration.ts";
import type { Problem } from "../problem.ts";
import { type ConfigObject, placeAt, textAt } from "./config-object.ts";
import { errorAt } from "./dex-problem.ts";
import { resolveConnectors } from "./resolve-connectors.ts";
import { resolveLogging } from "./resolve-logging.ts";
import { resolveProvider } from "./resolve-provider.ts";
import { resolveStorage } from "./resolve-storage.ts";
import { checkGrpc, resolveListeners, resolveTelemetryListeners, resolveTrustedProxies } from "./resolve-web.ts";

/** The file, the environment, and where everything wrong is gathered. */
export interface Resolving {
  readonly root: ConfigObject;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly problems: Problem[];
  /** A connector that cannot be opened is left out, with a warning. */
  readonly toleratesBrokenConnectors: boolean;
  /** Without a list of grants, `client_credentials` is one of them. */
  readonly grantsClientCredentials: boolean;
}

/** Turn the file into the configuration. It is usable only when no error was added to `problems`. */
export function resolveConfig(resolving: Resolving): Configuration {
  const { root } = resolving;
  const publicUrl = resolveIssuer(resolving).replace(/\/+$/, "");
  checkGrpc(resolving);
  return {
    dialect: "dex",
    listeners: resolveListeners(resolving),
    telemetryListeners: resolveTelemetryListeners(resolving),
    storage: resolveStorage(resolving),
    trustedProxies: resolveTrustedProxies(resolving),
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
  if (issuer !== "" && !(/^https?:\/\/[^/?#\s@]+(?:\/[^?#\s]*)?$/i.test(issuer) && URL.canParse(issuer))) {
    const remedy = "Write an http or https address without user, query and fragment.";
    problems.push(errorAt(placeAt(root, "issuer"), "server: can't parse issuer URL", remedy));
  } else if (/^https?:\/\/[^/]+\/\//i.test(issuer)) {
    // Redirects to paths of ours would then name another host.
    const remedy = "Take one of the slashes away.";
    problems.push(errorAt(placeAt(root, "issuer"), "the issuer's path begins with two slashes.", remedy));
  }
  return issuer;
}
