/** Where a listener listens. The configuration's `ListenAddress`. */
export type ListenAddress = TcpAddress | UnixAddress | InheritedSocket;

export interface TcpAddress {
  readonly kind: "tcp";
  /** Host name or IP address, without brackets. `0.0.0.0` = all of IPv4, `::` = all. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

export interface UnixAddress {
  readonly kind: "unix";
  /** A path, or `@name` for one without a file (Linux). */
  readonly path: string;
  /** Permission bits of the file; absent = by umask. */
  readonly mode?: number;
}

export interface InheritedSocket {
  readonly kind: "fd";
  readonly fd: number;
}

/** How an address is spoken of: `host:port` with IPv6 hosts in brackets, `unix:/path`, `fd:3`. */
export function nameOf(address: ListenAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  if (address.kind === "fd") return `fd:${address.fd}`;
  const { host, port } = address;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The address as the system calls take it: one without a file begins with a NUL. */
export function systemPath(path: string): string {
  return path.startsWith("@") ? `\0${path.slice(1)}` : path;
}
