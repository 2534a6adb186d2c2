/** The address a server was told to listen on cannot be had. The caller names the flag or key that changes it. */
export class AddressInUseError extends Error {
  /** `host:port` with IPv6 hosts in brackets, `unix:/path` or `fd:3`. */
  readonly address: string;
  /** `taken`: another process listens there. `refused`: the system does not allow it (a port below 1024, a foreign address). */
  readonly reason: "taken" | "refused";

  constructor(address: string, reason: "taken" | "refused", cause: unknown) {
    const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    super(reason === "taken" ? `${address} is already in use.` : `${address} cannot be listened on${code}.`, { cause });
    this.name = "AddressInUseError";
    this.address = address;
    this.reason = reason;
  }
}
