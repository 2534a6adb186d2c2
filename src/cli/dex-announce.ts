import type { Configuration, Listener } from "../config/configuration.ts";
import type { ProviderConfiguration } from "../config/provider-configuration.ts";
import { formatGoDuration } from "../config/go-duration.ts";
import type { Log } from "../telemetry/log.ts";
import { VERSION } from "./version.ts";

/** What dex says when it starts, in its words: people's scripts look for these lines. */
export function announceDex(log: Log, configuration: Configuration): void {
  const { provider, storage, connectors } = configuration;
  log.info("Version info", { dex_version: `gatehouse ${VERSION}` });
  if (provider !== undefined) log.info("config issuer", { issuer: provider.issuer });
  log.info("config storage", { storage_type: storage.type === "sqlite" ? "sqlite3" : storage.type });
  for (const client of provider?.clients ?? []) log.info("config static client", { client_name: client.name });
  for (const { id, type } of connectors) {
    if (type === "local") log.info("config connector: local passwords enabled");
    else log.info("config connector", { connector_id: id });
  }
  if (provider !== undefined) announceProvider(log, provider);
  for (const listener of configuration.telemetryListeners) announceListener(log, "telemetry", listener);
  for (const listener of configuration.listeners) {
    announceListener(log, listener.tls === undefined ? "http" : "https", listener);
  }
}

function announceProvider(log: Log, { skipApproval, signing, refresh }: ProviderConfiguration): void {
  if (skipApproval) log.info("config skipping approval screen");
  log.info("signer configured", {
    type: signing.type,
    ...(signing.type === "local" ? { keys_rotation_period: formatGoDuration(signing.rotationSeconds) } : {}),
  });
  log.info("config refresh tokens rotation", { enabled: refresh.rotate });
}

function announceListener(log: Log, server: string, { address }: Listener): void {
  if (address.kind !== "tcp") return;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  log.info("listening on", { server, address: `${host}:${address.port}` });
}
