import { CONNECTOR_KEYS } from "./connector-keys.ts";
import { type DexKey, key, yes } from "./schema.ts";

const SSL: readonly DexKey[] = [
  yes("ssl.caFile", "string", "PEM file with the authority of the server's certificate."),
  yes("ssl.keyFile", "string", "PEM file with our private key."),
  yes("ssl.certFile", "string", "PEM file with our certificate."),
];

const networkDatabase = (modes: string, mode: string, idle: string): readonly DexKey[] => [
  yes("host", "string", "Host name, `host:port`, or the path of a socket."),
  yes("port", "int", "Port, where `host` has none."),
  yes("database", "string", "Name of the database."),
  yes("user", "string", "Who we are there."),
  yes("password", "string", "The password."),
  yes("connectionTimeout", "int", "Seconds to wait for a connection; 0 = the driver's own."),
  yes("maxOpenConns", "int", "Connections at most.", "5"),
  yes("maxIdleConns", "int", "Unused connections to keep.", idle),
  yes("connMaxLifetime", "int", "Seconds after which a connection is closed; 0 = never."),
  yes("ssl.mode", "string", `${modes}.`, mode),
  ...SSL,
];

const STORAGES: Readonly<Record<string, readonly DexKey[]>> = {
  memory: [],
  sqlite3: [yes("file", "string", "Database file; empty or `:memory:` = kept in memory only.")],
  postgres: networkDatabase("`disable`, `require`, `verify-ca` or `verify-full`", "verify-full", "5"),
  mysql: networkDatabase("`false`, `skip-verify` or `true`; any `ssl` file means `true` with it", "true", "0"),
  etcd: [
    key("endpoints", "strings", "Addresses of the cluster."),
    key("namespace", "string", "Prefix of all keys."),
    key("username", "string", "Who we are there."),
    key("password", "string", "The password."),
    key("ssl.serverName", "string", "Name that the server's certificate must have."),
    key("ssl.caFile", "string", "PEM file with the authority of the server's certificate."),
    key("ssl.keyFile", "string", "PEM file with our private key."),
    key("ssl.certFile", "string", "PEM file with our certificate."),
  ],
  kubernetes: [
    key("inCluster", "bool", "Use the service account of the pod."),
    key("kubeConfigFile", "string", "Or this file."),
    key("crdHandling", "string", "`ensure` or `check` the definitions of the resources.", { default: "ensure" }),
  ],
};

const SIGNERS: Readonly<Record<string, readonly DexKey[]>> = {
  local: [
    yes("keysRotationPeriod", "duration", "How long a key signs; required where `signer` is written."),
    yes("algorithm", "string", "`RS256` or `ES256`.", "RS256"),
  ],
  vault: [
    yes("addr", "string", "Address of Vault or OpenBao, `https://…`; or the variable `VAULT_ADDR`."),
    yes("token", "string", "Our token there; or the variable `VAULT_TOKEN`. Empty = an agent on the way adds its own."),
    yes("keyName", "string", "Name of a key of the engine at `transit/`: RSA, ECDSA or ed25519."),
  ],
};

/** Keys of the `variant` parts, by path and `type`. */
export const DEX_VARIANTS: Readonly<Record<string, Readonly<Record<string, readonly DexKey[]>>>> = {
  "storage.config": STORAGES,
  "signer.config": SIGNERS,
  "connectors[].config": CONNECTOR_KEYS,
};

/** Types that dex has and Gatehouse has not yet: refused before their keys are looked at. */
export const DEX_TYPES_NOT_YET: Readonly<Record<string, readonly string[]>> = {
  "storage.config": ["etcd", "kubernetes"],
};

/** The keys that may stand in a `config`; undefined for a type that is unknown or not there yet. */
export function variantKeys(path: string, type: string): readonly DexKey[] | undefined {
  const tables = DEX_VARIANTS[path] ?? {};
  if (!Object.hasOwn(tables, type) || (DEX_TYPES_NOT_YET[path] ?? []).includes(type)) return undefined;
  return tables[type];
}
