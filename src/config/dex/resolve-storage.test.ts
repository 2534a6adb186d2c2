import { expect, test } from "bun:test";

import { loadDexConfiguration } from "./load-dex-configuration.ts";

function load(storage: string): ReturnType<typeof resultOf> {
  return resultOf(`issuer: https://dex.example.com
storage: ${storage}
web: { http: ":5556" }
enablePasswordDB: true
`);
}

function resultOf(file: string) {
  const readFile = (path: string): string => {
    if (path === "dex.yaml") return file;
    if (path.startsWith("/pki/")) return `text of ${path}`;
    throw new Error(`open ${path}: no such file or directory`);
  };
  const command = loadDexConfiguration({ readFile, env: {} }, ["serve", "dex.yaml"]);
  if (command.kind !== "serve") throw new Error(command.kind);
  return command.result;
}

const server = (type: string, config: string): string => `{ type: ${type}, config: { ${config} } }`;
const NO_FILES = { authority: "", certificate: "" };

const resolved: readonly (readonly [type: string, config: string, expected: object])[] = [
  [
    "postgres",
    "",
    {
      host: "localhost",
      port: 5432,
      maxOpenConnections: 5,
      maxIdleConnections: 5,
      tls: { verify: "full", ...NO_FILES },
    },
  ],
  ["postgres", "host: db, port: 5433", { host: "db", port: 5433 }],
  ["postgres", "host: 'db:5434', port: 5433", { host: "db", port: 5434 }],
  ["postgres", "host: '[::1]:5434'", { host: "::1", port: 5434 }],
  ["postgres", "host: '[::1]'", { host: "::1", port: 5432 }],
  ["postgres", "host: '::1'", { host: "::1", port: 5432 }],
  ["postgres", "host: /run/postgresql", { host: "/run/postgresql", port: 5432 }],
  [
    "postgres",
    "HOST: db, maxopenconns: 7, connMaxLifetime: 60",
    { host: "db", maxOpenConnections: 7, maxLifetimeSeconds: 60 },
  ],
  ["postgres", "ssl: { mode: require }", { tls: { verify: "encrypt" } }],
  [
    "postgres",
    "ssl: { mode: require, caFile: /pki/ca }",
    { tls: { verify: "authority", authority: "text of /pki/ca" } },
  ],
  [
    "postgres",
    "ssl: { mode: verify-ca, certFile: /pki/crt, keyFile: /pki/key }",
    { tls: { verify: "authority", certificate: "text of /pki/crt" } },
  ],
  ["mysql", "", { host: "127.0.0.1", port: 3306, maxIdleConnections: 0, tls: { verify: "full", ...NO_FILES } }],
  ["mysql", "host: /run/mysqld/mysqld.sock", { host: "/run/mysqld/mysqld.sock" }],
  ["mysql", "ssl: { mode: skip-verify }", { tls: { verify: "encrypt" } }],
  ["mysql", "ssl: { mode: 'false', caFile: /pki/ca }", { tls: { verify: "full", authority: "text of /pki/ca" } }],
];
test.each(resolved)("%s with %s", (type, config, expected) => {
  const { configuration, problems } = load(server(type, config));
  expect(problems).toEqual([]);
  expect(configuration?.storage).toMatchObject({ type, ...expected });
});

test.each([
  ["postgres", "disable"],
  ["mysql", "'false'"],
])("%s in plain text: %s", (type, mode) => {
  expect(load(server(type, `ssl: { mode: ${mode} }`)).configuration?.storage).not.toHaveProperty("tls");
});

const refused: readonly (readonly [type: string, config: string, message: string])[] = [
  ["postgres", "port: '5432'", "storage.config.port: cannot unmarshal string into int."],
  ["postgres", "port: 1.5", "storage.config.port: cannot unmarshal number into int."],
  ["postgres", "port: 70000", "storage.config.port: is no port."],
  ["postgres", "host: 'db:70000'", "storage.config.host: is no port."],
  ["postgres", "maxOpenConns: -1", "storage.config.maxOpenConns: must not be negative."],
  [
    "postgres",
    "ssl: { mode: made-up }",
    'storage.config.ssl.mode: failed to initialize storage: wrong value for "sslmode": "made-up" is not supported.',
  ],
  [
    "mysql",
    "ssl: { mode: made-up }",
    "storage.config.ssl.mode: failed to initialize storage: invalid value / unknown config name: made-up.",
  ],
  ["mysql", "ssl: { mode: true }", "storage.config.ssl.mode: cannot unmarshal bool into string."],
  [
    "mysql",
    "ssl: { caFile: /nope }",
    "storage.config.ssl.caFile: failed to make TLS config: open /nope: no such file or directory.",
  ],
];
test.each(refused)("%s with %s is refused", (type, config, message) => {
  expect(load(server(type, config)).problems.map((problem) => `${problem.path}: ${problem.message}`)).toEqual([
    message,
  ]);
});
