import type { TcpAddress } from "./configuration.ts";

/** An address that could be read, or what Go would have said about it. */
export type GoListenAddress = { readonly address: TcpAddress } | { readonly error: string };

/**
 * Read a listen address as Go does: `127.0.0.1:4180`, `[::1]:4180`, `:4180`.
 *
 * Without a host it is every address of both families (`::`). Port names (`:http`) are not known.
 * The texts of the errors are Go's.
 */
export function parseGoListenAddress(text: string): GoListenAddress {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text);
  if (match === null)
    return {
      error: `address ${text}: ${/\]$|^[^:]*$/.test(text) ? "missing port in address" : "too many colons in address"}`,
    };
  const portText = match[3] ?? "";
  const port = /^\d{0,5}$/.test(portText) ? Number(portText) : Number.NaN;
  if (!(port <= 65_535)) return { error: `address ${portText}: invalid port` };
  const host = match[1] ?? match[2] ?? "";
  if (/[\s/]/.test(host)) return { error: `lookup ${host}: no such host` };
  return { address: { kind: "tcp", host: host === "" ? "::" : host, port } };
}
