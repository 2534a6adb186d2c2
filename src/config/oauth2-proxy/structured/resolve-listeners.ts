import { createPrivateKey, X509Certificate } from "node:crypto";
import { Secret } from "../../../protocol/secret.ts";
import type { ListenAddress, Listener, ListenerTls, PemSource } from "../../configuration.ts";
import { parseGoListenAddress } from "../../go-listen-address.ts";
import type { StructuredSecret, StructuredServer } from "../structured-options.ts";
import { isGoCipher, opensslCipher } from "./cipher-table.ts";
import { chosenSource } from "./secret-source.ts";
import { fileTrouble, refuse, type StructuredResolving } from "./structured-resolving.ts";

/** The sockets of one server: a plain one, one with TLS, both or none (an empty address, or `-`). */
export function resolveListeners(
  resolving: StructuredResolving,
  server: StructuredServer,
  path: "server" | "metricsServer",
): readonly Listener[] {
  return [...plainListener(resolving, server, path), ...tlsListener(resolving, server, path)];
}

const isOff = (address: string): boolean => address === "" || address === "-";

function plainListener(
  resolving: StructuredResolving,
  { bindAddress }: StructuredServer,
  path: string,
): readonly Listener[] {
  if (isOff(bindAddress)) return [];
  const parsed = parseBindAddress(resolving.env, bindAddress);
  if ("address" in parsed) return [{ address: parsed.address }];
  refuse(resolving, `${path}.bindAddress`, `error setting up listener: ${parsed.error}`, BIND_REMEDY);
  return [];
}

const BIND_REMEDY = "Write host:port, such as 127.0.0.1:4180, or unix:///path, or fd:3.";

type ParsedAddress = { readonly address: ListenAddress } | { readonly error: string };

function parseBindAddress(env: StructuredResolving["env"], text: string): ParsedAddress {
  if (/^fd:/i.test(text)) return parseInherited(env, text.slice("fd:".length));
  const network = /^(.*?):\/\//s.exec(text)?.[1] ?? "";
  const address = withoutScheme(text);
  if (network === "unix") return parseUnix(address);
  const tcp = network === "" || network === "http" ? "tcp" : network;
  if (!["tcp", "tcp4", "tcp6"].includes(tcp)) {
    return { error: `listen (${tcp}, ${address}) failed: listen ${tcp}: unknown network ${tcp}` };
  }
  const parsed = parseGoListenAddress(address);
  return "address" in parsed ? parsed : { error: `listen (${tcp}, ${address}) failed: listen ${tcp}: ${parsed.error}` };
}

const withoutScheme = (text: string): string => text.replace(/^.*?\/\//s, "");

/** The first descriptor after stdin, stdout and stderr. */
const FIRST_INHERITED = 3;

/** systemd says in `LISTEN_FDS` how many sockets it opened. */
function parseInherited(env: StructuredResolving["env"], text: string): ParsedAddress {
  // Both errors are the original's words, for scripts that look for them. It takes no names of sockets either.
  const failed = `listen (file, ${text}) failed: listen failed: `;
  if (!/^[+-]?\d+$/.test(text)) return { error: `${failed}fd with name is not implemented yet` };
  const fd = Number(text);
  const count = Number(env["LISTEN_FDS"] ?? "0");
  if (fd < FIRST_INHERITED || !(fd < FIRST_INHERITED + count)) {
    return { error: `${failed}fd outside of range of available file descriptors` };
  }
  return { address: { kind: "fd", fd } };
}

/** A path, and options after commas, of which `mode` is known. */
function parseUnix(text: string): ParsedAddress {
  const [path = "", ...options] = text.split(",");
  const failed = `listen (unix, ${text}) failed: `;
  if (path === "") return { error: `${failed}the path of the socket is missing` };
  let mode: number | undefined;
  for (const option of options) {
    const equals = option.indexOf("=");
    if (equals === -1) return { error: `${failed}unix socket option ${option} expects a value` };
    const value = option.slice(equals + 1);
    if (option.slice(0, equals) !== "mode") continue;
    mode = /^[0-7]{1,11}$/.test(value) ? Number.parseInt(value, 8) : undefined;
    if (mode === undefined) return { error: `${failed}unix socket file mode has invalid value ${value}` };
  }
  return { address: { kind: "unix", path, ...(mode === undefined ? {} : { mode }) } };
}

function tlsListener(
  resolving: StructuredResolving,
  { secureBindAddress, tls }: StructuredServer,
  path: string,
): readonly Listener[] {
  if (isOff(secureBindAddress)) return [];
  const say = (key: string, message: string, remedy: string): void =>
    refuse(resolving, `${path}.${key}`, `error setting up TLS listener: ${message}`, remedy);
  if (tls === undefined) {
    say("tls", "no TLS config provided", "Give a certificate and its key.");
    return [];
  }
  const settings = resolveTls(resolving, tls, say);
  const address = withoutScheme(secureBindAddress);
  const parsed = parseGoListenAddress(address);
  if ("error" in parsed) {
    say(
      "secureBindAddress",
      `listen (${address}) failed: listen tcp: ${parsed.error}`,
      "Write host:port, such as :443.",
    );
    return [];
  }
  return settings === undefined ? [] : [{ address: parsed.address, tls: settings }];
}

type Say = (key: string, message: string, remedy: string) => void;
type Tls = NonNullable<StructuredServer["tls"]>;

function resolveTls(resolving: StructuredResolving, tls: Tls, say: Say): ListenerTls | undefined {
  const key = readPem(resolving, tls.key, { name: "key", say });
  const certificate = readPem(resolving, tls.cert, { name: "cert", say });
  const ciphers = tls.cipherSuites.flatMap((name) => resolveCipher(name, say));
  if (!["", "TLS1.2", "TLS1.3"].includes(tls.minVersion)) {
    say("tls.minVersion", "unknown TLS MinVersion config provided", "Write TLS1.2 or TLS1.3.");
  }
  if (key === undefined || certificate === undefined) return undefined;
  const trouble = pairTrouble(certificate.text, key.text);
  if (trouble !== undefined) {
    const message = `could not load certificate: could not parse certificate data: ${trouble}`;
    say("tls.cert", message, "Give a certificate chain and its unencrypted key, both in PEM form.");
  }
  // Suites were chosen, and none of them is one of TLS 1.2.
  const only13 = tls.cipherSuites.length > 0 && ciphers.length === 0;
  const minVersion = tls.minVersion === "TLS1.3" || only13 ? "TLSv1.3" : "TLSv1.2";
  return { certificate: certificate.source, key: key.source, minVersion, ciphers };
}

/** TLS 1.3's suites cannot be chosen: they are all on. */
function resolveCipher(name: string, say: Say): readonly string[] {
  if (!isGoCipher(name)) {
    const message = `could not parse cipher suites: unknown TLS cipher suite name specified ${JSON.stringify(name)}`;
    say("tls.cipherSuites", message, "Write a name such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.");
  }
  const openssl = opensslCipher(name);
  return openssl === undefined ? [] : [openssl];
}

interface Pem {
  readonly source: PemSource;
  readonly text: string;
}

function readPem(
  { readFile, env }: StructuredResolving,
  secret: StructuredSecret | undefined,
  { name, say }: { readonly name: "key" | "cert"; readonly say: Say },
): Pem | undefined {
  const fail = (reason: string): undefined => {
    const message = `could not load certificate: could not load ${name} data: ${reason}`;
    say(`tls.${name}`, message, name === "key" ? "Give the key's file." : "Give the certificate's file.");
    return undefined;
  };
  if (secret === undefined) return fail("no configuration provided");
  const chosen = chosenSource(secret);
  if (chosen === undefined) return fail(ONE_ENTRY);
  const { kind, text } = chosen;
  if (kind === "value") return { source: { text: new Secret(text) }, text };
  if (kind === "variable") return { source: { text: new Secret(env[text] ?? "") }, text: env[text] ?? "" };
  try {
    return { source: { file: text }, text: readFile(text) };
  } catch (error) {
    return fail(fileTrouble(text, error));
  }
}

const ONE_ENTRY = "secret source is invalid: exactly one entry required, specify either value, fromEnv or fromFile";

/** Undefined when the two belong together. What the parser says is not shown: it may quote the key. */
function pairTrouble(certificate: string, key: string): string | undefined {
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.checkPrivateKey(createPrivateKey(key)) ? undefined : "private key does not match public key";
  } catch {
    return "failed to find any PEM data";
  }
}
