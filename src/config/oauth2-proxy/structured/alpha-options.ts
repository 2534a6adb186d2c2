import type {
  StructuredHeader,
  StructuredHeaderValue,
  StructuredOptions,
  StructuredSecret,
  StructuredServer,
  StructuredUpstream,
} from "../structured-options.ts";
import { readProvider } from "./alpha-provider.ts";
import {
  child,
  flag,
  items,
  optionalBytes,
  optionalChild,
  optionalInteger,
  readSection,
  seconds,
  type Section,
  text,
  texts,
} from "./alpha-section.ts";
import { type AlphaYaml, refuseAt, resolveNode, warnAt } from "./alpha-yaml.ts";

/** Read the whole file, with the original's defaults for what it does not say. */
export function readOptions(yaml: AlphaYaml): StructuredOptions {
  return readSection(yaml, resolveNode(yaml, yaml.document.contents), "", (root) => ({
    upstreamConfig: child(root, "upstreamConfig", (config) => ({
      proxyRawPath: flag(config, "proxyRawPath"),
      upstreams: items(config, "upstreams", readUpstream) ?? [],
    })),
    injectRequestHeaders: items(root, "injectRequestHeaders", readHeader) ?? [],
    injectResponseHeaders: items(root, "injectResponseHeaders", readHeader) ?? [],
    server: child(root, "server", readServer),
    metricsServer: child(root, "metricsServer", readServer),
    // Without a list there is the first provider's defaults, as if it were written with nothing in it.
    providers: items(root, "providers", readProvider) ?? [readSection(yaml, undefined, "providers[0]", readFirst)],
  }));
}

const readFirst = (section: Section) => readProvider(section, 0);

const FLUSH_SECONDS = 1;
const TIMEOUT_SECONDS = 30;

function readUpstream(section: Section): StructuredUpstream {
  const upstream = {
    id: text(section, "id"),
    path: text(section, "path"),
    rewriteTarget: text(section, "rewriteTarget"),
    uri: text(section, "uri"),
    insecureSkipTLSVerify: flag(section, "insecureSkipTLSVerify"),
    static: flag(section, "static"),
    staticCode: readStaticCode(section),
    flushInterval: seconds(section, "flushInterval", FLUSH_SECONDS),
    passHostHeader: flag(section, "passHostHeader", true),
    proxyWebSockets: flag(section, "proxyWebSockets", true),
    timeout: seconds(section, "timeout", TIMEOUT_SECONDS),
    disableKeepAlives: flag(section, "disableKeepAlives"),
  };
  return upstream.static ? asStatic(section, upstream) : upstream;
}

function readStaticCode(section: Section): number {
  const code = optionalInteger(section, "staticCode");
  if (code !== undefined && !flag(section, "static")) {
    const id = JSON.stringify(text(section, "id"));
    const message = `upstream ${id} has staticCode (${code}), but is not a static upstream, set 'static' for a static response`;
    refuseAt(section.yaml, `${section.path}.staticCode`, message, "Set static: true, or remove the code.");
  }
  return code ?? 200;
}

/** What makes no sense for a fixed answer. */
const NOT_STATIC = [
  "uri",
  "insecureSkipTLSVerify",
  "flushInterval",
  "passHostHeader",
  "proxyWebSockets",
  "timeout",
  "disableKeepAlives",
] as const;

function asStatic(section: Section, upstream: StructuredUpstream): StructuredUpstream {
  for (const key of NOT_STATIC) {
    if (!section.entries.has(key.toLowerCase())) continue;
    const message = `upstream ${JSON.stringify(upstream.id)} has ${key}, but is a static upstream, this will have no effect.`;
    warnAt(section.yaml, `${section.path}.${key}`, message, "Remove it.");
  }
  return {
    ...upstream,
    uri: "",
    insecureSkipTLSVerify: false,
    flushInterval: FLUSH_SECONDS,
    passHostHeader: false,
    proxyWebSockets: false,
    timeout: TIMEOUT_SECONDS,
    disableKeepAlives: false,
  };
}

function readHeader(section: Section): StructuredHeader {
  return {
    name: text(section, "name"),
    preserveRequestValue: flag(section, "preserveRequestValue"),
    InsecureSkipHeaderNormalization: flag(section, "InsecureSkipHeaderNormalization"),
    values: items(section, "values", readHeaderValue) ?? [],
  };
}

function readHeaderValue(section: Section): StructuredHeaderValue {
  const secretSource = optionalChild(section, "secretSource", readSecret);
  const claimSource = optionalChild(section, "claimSource", readClaim);
  return {
    ...(secretSource === undefined ? {} : { secretSource }),
    ...(claimSource === undefined ? {} : { claimSource }),
  };
}

function readClaim(section: Section): NonNullable<StructuredHeaderValue["claimSource"]> {
  const basicAuthPassword = optionalChild(section, "basicAuthPassword", readSecret);
  return {
    claim: text(section, "claim"),
    prefix: text(section, "prefix"),
    ...(basicAuthPassword === undefined ? {} : { basicAuthPassword }),
  };
}

function readSecret(section: Section): StructuredSecret {
  const value = optionalBytes(section, "value");
  const fromEnv = text(section, "fromEnv");
  const fromFile = text(section, "fromFile");
  return {
    ...(value === undefined ? {} : { value }),
    ...(fromEnv === "" ? {} : { fromEnv }),
    ...(fromFile === "" ? {} : { fromFile }),
  };
}

function readServer(section: Section): StructuredServer {
  const tls = optionalChild(section, "tls", readTls);
  return {
    bindAddress: text(section, "bindAddress"),
    secureBindAddress: text(section, "secureBindAddress"),
    ...(tls === undefined ? {} : { tls }),
  };
}

function readTls(section: Section): NonNullable<StructuredServer["tls"]> {
  const key = optionalChild(section, "key", readSecret);
  const cert = optionalChild(section, "cert", readSecret);
  return {
    ...(key === undefined ? {} : { key }),
    ...(cert === undefined ? {} : { cert }),
    minVersion: text(section, "minVersion"),
    cipherSuites: texts(section, "cipherSuites"),
  };
}
