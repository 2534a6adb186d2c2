import { Secret } from "../../protocol/secret.ts";
import type { SqlServerConfiguration, SqlServerTls, StorageConfiguration } from "../configuration.ts";
import { type ConfigObject, numberAt, objectAt, placeAt, textAt } from "./config-object.ts";
import { errorAt, warningAt } from "./dex-problem.ts";
import { refuseType } from "./refuse-type.ts";
import type { Resolving } from "./resolve.ts";

/** Where things are kept. */
export function resolveStorage(resolving: Resolving): StorageConfiguration {
  const storage = objectAt(resolving.root, "storage");
  if (storage === undefined || refuseType(resolving, storage, "storage")) return { type: "memory" };
  const type = textAt(storage, "type");
  if (type === "postgres" || type === "mysql") return resolveServer(resolving, storage, type);
  return type === "sqlite3" ? resolveSqlite(resolving, storage) : { type: "memory" };
}

function resolveSqlite({ problems }: Resolving, storage: ConfigObject): StorageConfiguration {
  const file = textAt(storage, "config.file");
  if (file === "" || file === ":memory:") {
    const remedy = "Set storage.config.file to keep it.";
    problems.push(warningAt(placeAt(storage, "config.file"), "without a file, a restart loses everything.", remedy));
  }
  return { type: "sqlite", file: file || ":memory:" };
}

type ServerType = SqlServerConfiguration["type"];

/** What the original's drivers take when nothing is set. */
const USUAL = {
  postgres: { host: "localhost", port: 5432, maxIdleConnections: 5 },
  mysql: { host: "127.0.0.1", port: 3306, maxIdleConnections: 0 },
} as const;

function resolveServer(resolving: Resolving, storage: ConfigObject, type: ServerType): SqlServerConfiguration {
  const usual = USUAL[type];
  const at = (name: string): number => countAt(resolving, storage, name);
  const tls = type === "postgres" ? postgresTls(resolving, storage) : mysqlTls(resolving, storage);
  return {
    type,
    ...resolveHost(resolving, storage, usual),
    database: textAt(storage, "config.database"),
    user: textAt(storage, "config.user"),
    password: new Secret(textAt(storage, "config.password")),
    connectionTimeoutSeconds: at("connectionTimeout"),
    maxOpenConnections: at("maxOpenConns") || 5,
    maxIdleConnections: at("maxIdleConns") || usual.maxIdleConnections,
    maxLifetimeSeconds: at("connMaxLifetime"),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** A whole number that is not negative. */
function countAt({ problems }: Resolving, storage: ConfigObject, name: string): number {
  const value = numberAt(storage, `config.${name}`);
  if (value >= 0) return value;
  problems.push(errorAt(placeAt(storage, `config.${name}`), "must not be negative.", "Write 0 for the default."));
  return 0;
}

/** A port within `host` wins; a path is a socket. */
function resolveHost(
  resolving: Resolving,
  storage: ConfigObject,
  usual: { readonly host: string; readonly port: number },
): { readonly host: string; readonly port: number } {
  const text = textAt(storage, "config.host");
  const port = countAt(resolving, storage, "port") || usual.port;
  if (text.startsWith("/")) return { host: text, port };
  const [, inBrackets, plain, within] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d+)$/.exec(text) ?? [];
  const host = inBrackets ?? plain ?? text.replace(/^\[(.*)\]$/, "$1");
  const chosen = within === undefined ? port : Number(within);
  if (chosen > 65_535) {
    const place = placeAt(storage, within === undefined ? "config.port" : "config.host");
    resolving.problems.push(errorAt(place, "is no port.", "Write 1 to 65535."));
  }
  return { host: host || usual.host, port: chosen };
}

/** `verify-full` unless told otherwise; `prefer` and `allow` would fall back to plain text. */
function postgresTls(resolving: Resolving, storage: ConfigObject): SqlServerTls | undefined {
  const mode = textAt(storage, "config.ssl.mode") || "verify-full";
  if (mode === "disable") return undefined;
  const verify = { require: "encrypt", "verify-ca": "authority", "verify-full": "full" } as const;
  if (isKeyOf(verify, mode)) {
    const files = readFiles(resolving, storage);
    // Whoever names an authority wants it asked: the original's driver takes `require` for `verify-ca` then.
    return { verify: mode === "require" && files.authority !== "" ? "authority" : verify[mode], ...files };
  }
  const message = `wrong value for "sslmode": ${JSON.stringify(mode)} is not supported`;
  refuseMode(resolving, storage, message, "Write disable, require, verify-ca or verify-full.");
  return undefined;
}

/** Any file makes it TLS with these files, whatever the mode is. */
function mysqlTls(resolving: Resolving, storage: ConfigObject): SqlServerTls | undefined {
  const mode = textAt(storage, "config.ssl.mode") || "true";
  if (FILES.some((name) => textAt(storage, `config.ssl.${name}`) !== "")) {
    return { verify: "full", ...readFiles(resolving, storage) };
  }
  const none = { authority: "", certificate: "", key: new Secret("") };
  if (mode === "true") return { verify: "full", ...none };
  if (mode === "skip-verify") return { verify: "encrypt", ...none };
  if (mode !== "false") {
    const message = `invalid value / unknown config name: ${mode}`;
    refuseMode(resolving, storage, message, "Write false, skip-verify or true, in quotes.");
  }
  return undefined;
}

const FILES = ["caFile", "certFile", "keyFile"] as const;

function readFiles(resolving: Resolving, storage: ConfigObject): Omit<SqlServerTls, "verify"> {
  const read = (name: (typeof FILES)[number]): string => {
    const path = `config.ssl.${name}`;
    const file = textAt(storage, path);
    if (file === "") return "";
    try {
      return resolving.readFile(file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `failed to make TLS config: ${reason}`;
      resolving.problems.push(errorAt(placeAt(storage, path), message, "Check its name and its mode."));
      return "";
    }
  };
  return { authority: read("caFile"), certificate: read("certFile"), key: new Secret(read("keyFile")) };
}

function refuseMode({ problems }: Resolving, storage: ConfigObject, what: string, remedy: string): void {
  problems.push(errorAt(placeAt(storage, "config.ssl.mode"), `failed to initialize storage: ${what}`, remedy));
}

const isKeyOf = <Keys extends object>(object: Keys, name: string): name is Extract<keyof Keys, string> =>
  Object.hasOwn(object, name);
