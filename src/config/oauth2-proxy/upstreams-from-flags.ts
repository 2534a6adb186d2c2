import { parseGoUrl } from "./go-url.ts";
import { errorAt, warningAt } from "./raw-setting.ts";
import { type Resolving, withoutEmpty } from "./resolving.ts";
import type { StructuredOptions, StructuredUpstream } from "./structured-options.ts";

/** Each address of `--upstream` with what the other flags say about all of them; its path is where it is reached. */
export function upstreamsFromFlags(resolving: Resolving): StructuredOptions["upstreamConfig"] {
  const upstreams = withoutEmpty(resolving, "upstream").flatMap((address) => {
    const upstream = fromAddress(resolving, address);
    return upstream === undefined ? [] : [upstream];
  });
  return { proxyRawPath: false, upstreams };
}

function fromAddress(resolving: Resolving, address: string): StructuredUpstream | undefined {
  const { settings, problems } = resolving;
  const parsed = parseGoUrl(address);
  if ("error" in parsed) {
    const message = `error converting upstreams: could not parse upstream ${JSON.stringify(withoutCredentials(address))}`;
    problems.push(errorAt(settings.place("upstream"), `${message}: ${reason(parsed.error)}`, REMEDY));
    return undefined;
  }
  const { scheme, host, fragment } = parsed.url;
  const path = parsed.url.path === "" ? "/" : parsed.url.path;
  if (scheme === "static") return staticUpstream(resolving, address, host);
  const upstream = { ...common(resolving), id: path, path, uri: address };
  if (scheme === "unix") return { ...upstream, path: "/" };
  if (scheme !== "file" || fragment === "") return upstream;
  return { ...upstream, id: fragment, path: fragment, uri: address.slice(0, address.indexOf("#")) };
}

const REMEDY = "Write http://host:port, https://…, unix:///path, file:///directory#/path, or static://202.";

/** What is wrong, without the address that Go repeats: there may be a password in it. */
const reason = (error: string): string => error.replace(/^parse "(?:[^"\\]|\\.)*": /, "");

const withoutCredentials = (url: string): string => url.replace(/\/\/[^/]*@/, "//");

function common({ settings }: Resolving): StructuredUpstream {
  return {
    id: "",
    path: "",
    rewriteTarget: "",
    uri: "",
    insecureSkipTLSVerify: settings.flag("ssl-upstream-insecure-skip-verify"),
    static: false,
    staticCode: 200,
    flushInterval: settings.seconds("flush-interval"),
    passHostHeader: settings.flag("pass-host-header"),
    proxyWebSockets: settings.flag("proxy-websockets"),
    timeout: settings.seconds("upstream-timeout"),
    disableKeepAlives: settings.flag("disable-keep-alives"),
  };
}

/** Always at `/`. What makes no sense for a fixed answer has the value that the original's check asks for. */
function staticUpstream(resolving: Resolving, address: string, code: string): StructuredUpstream {
  const { settings, problems } = resolving;
  const isNumber = /^[+-]?\d+$/.test(code);
  if (!isNumber) {
    const message = `unable to convert ${JSON.stringify(code)} to int, use default "200"`;
    problems.push(warningAt(settings.place("upstream"), message, "Write static://200."));
  }
  return {
    id: address,
    path: "/",
    rewriteTarget: "",
    uri: "",
    insecureSkipTLSVerify: false,
    static: true,
    staticCode: isNumber ? Number(code) : 200,
    flushInterval: 1,
    passHostHeader: false,
    proxyWebSockets: false,
    timeout: 30,
    disableKeepAlives: false,
  };
}
