import { compileExpression } from "../../../protocol/regular-expression.ts";
import type { OAuth2ProxyUpstream, OAuth2ProxyUpstreams, UpstreamTarget } from "../../oauth2-proxy-configuration.ts";
import { type GoUrl, parseGoUrl } from "../go-url.ts";
import type { StructuredOptions, StructuredUpstream } from "../structured-options.ts";
import { refuse, type StructuredResolving, warn } from "./structured-resolving.ts";

/** What lies behind which path. Ids and paths are unique, as they are spelled. */
export function resolveUpstreams(
  resolving: StructuredResolving,
  { upstreamConfig }: StructuredOptions,
): OAuth2ProxyUpstreams {
  const ids = new Set<string>();
  const paths = new Set<string>();
  const upstreams = upstreamConfig.upstreams.flatMap((upstream, index) => {
    const path = `upstreamConfig.upstreams[${index}]`;
    checkUnique(resolving, upstream, { path, ids, paths });
    const resolved = resolveUpstream(resolving, upstream, path);
    return resolved === undefined ? [] : [resolved];
  });
  return { proxyRawPath: upstreamConfig.proxyRawPath, upstreams };
}

interface Seen {
  readonly path: string;
  readonly ids: Set<string>;
  readonly paths: Set<string>;
}

function checkUnique(resolving: StructuredResolving, upstream: StructuredUpstream, { path, ids, paths }: Seen): void {
  const id = JSON.stringify(upstream.id);
  if (upstream.id === "") {
    refuse(resolving, `${path}.id`, "upstream has empty id: ids are required for all upstreams", "Give it an id.");
  }
  if (upstream.path === "") {
    const message = `upstream ${id} has empty path: paths are required for all upstreams`;
    refuse(resolving, `${path}.path`, message, "Write / for everything.");
  }
  if (ids.has(upstream.id)) {
    const message = `multiple upstreams found with id ${id}: upstream ids must be unique`;
    refuse(resolving, `${path}.id`, message, "Give each one of its own.");
  }
  if (paths.has(upstream.path)) {
    const message = `multiple upstreams found with path ${JSON.stringify(upstream.path)}: upstream paths must be unique`;
    refuse(resolving, `${path}.path`, message, "Give each a path of its own.");
  }
  ids.add(upstream.id);
  paths.add(upstream.path);
}

function resolveUpstream(
  resolving: StructuredResolving,
  upstream: StructuredUpstream,
  path: string,
): OAuth2ProxyUpstream | undefined {
  checkPath(resolving, upstream, path);
  const target = upstream.static ? staticTarget(resolving, upstream, path) : resolveTarget(resolving, upstream, path);
  if (target === undefined) return undefined;
  return {
    id: upstream.id,
    path: upstream.path,
    ...(upstream.rewriteTarget === "" ? {} : { rewriteTarget: upstream.rewriteTarget }),
    target,
  };
}

function checkPath(resolving: StructuredResolving, upstream: StructuredUpstream, path: string): void {
  const say = (message: string, remedy: string): void => refuse(resolving, `${path}.path`, message, remedy);
  if (upstream.path === "") return;
  if (upstream.rewriteTarget !== "") {
    const compiled = compileExpression(upstream.path);
    if ("expression" in compiled) return;
    say(`invalid path ${JSON.stringify(upstream.path)} for upstream: ${compiled.error}`, "Correct the expression.");
  } else if (!upstream.path.startsWith("/")) {
    const message = `upstream ${JSON.stringify(upstream.id)}: path must start with a slash, got ${JSON.stringify(upstream.path)}`;
    say(message, "Write a slash in front, or give a rewriteTarget if it is a regular expression.");
  } else if (/[{}]/.test(upstream.path)) {
    const message = `upstream ${JSON.stringify(upstream.id)}: variables in a path are not known`;
    say(message, "Write a regular expression and give a rewriteTarget.");
  }
}

function staticTarget(
  resolving: StructuredResolving,
  { id, staticCode }: StructuredUpstream,
  path: string,
): UpstreamTarget {
  if (!Number.isInteger(staticCode) || staticCode < 100 || staticCode > 999) {
    const message = `upstream ${JSON.stringify(id)}: ${staticCode} is not an HTTP status`;
    refuse(resolving, `${path}.staticCode`, message, "Write 200, or another number from 100 to 999.");
  }
  return { kind: "static", status: staticCode };
}

function resolveTarget(
  resolving: StructuredResolving,
  upstream: StructuredUpstream,
  path: string,
): UpstreamTarget | undefined {
  const id = JSON.stringify(upstream.id);
  const say = (message: string): void => refuse(resolving, `${path}.uri`, `upstream ${id} ${message}`, URI_REMEDY);
  if (upstream.uri === "") {
    say("has empty uri: uris are required for all non-static upstreams");
    return undefined;
  }
  const parsed = parseGoUrl(upstream.uri);
  if ("error" in parsed) {
    // Go repeats the address, and there may be a password in it.
    say(`has invalid uri: ${parsed.error.replace(/^parse "(?:[^"\\]|\\.)*": /, "")}`);
    return undefined;
  }
  if (upstream.timeout > MAX_SILENCE_SECONDS) {
    const message = `upstream ${id} may take ${upstream.timeout} s, but a connection that is silent for longer than ${MAX_SILENCE_SECONDS} s is closed`;
    warn(resolving, `${path}.timeout`, message, "Let it send something now and then.");
  }
  const target = targetOf(parsed.url, upstream);
  if (target === undefined) say(`has invalid scheme: ${JSON.stringify(parsed.url.scheme)}`);
  return target;
}

/** The most that the server lets a client wait for the next byte. */
const MAX_SILENCE_SECONDS = 255;

const URI_REMEDY = "Write http://host:port, https://host:port, unix:///path/of.sock or file:///directory.";

/** Of an address over TCP only the origin is used, of a file or socket only the path. */
function targetOf({ scheme, host, path }: GoUrl, upstream: StructuredUpstream): UpstreamTarget | undefined {
  if (scheme === "file") return { kind: "file", directory: path === "" ? "." : path };
  if (scheme !== "http" && scheme !== "https" && scheme !== "unix") return undefined;
  return {
    kind: "http",
    ...(scheme === "unix" ? { origin: "http://localhost", socketPath: path } : { origin: `${scheme}://${host}` }),
    insecureSkipTlsVerify: upstream.insecureSkipTLSVerify,
    passHostHeader: upstream.passHostHeader,
    proxyWebSockets: upstream.proxyWebSockets,
    timeoutSeconds: upstream.timeout,
    disableKeepAlives: upstream.disableKeepAlives,
  };
}
