import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { loadDexConfiguration } from "../load-dex-configuration.ts";
import { DIFFERENCES, renderDifferences } from "./render-differences.ts";

const BASE = "issuer: https://dex.example.com\n";
const MEMORY = "storage: { type: memory }\n";
const MOCK = "connectors: [{ type: mockCallback, id: m, name: M }]\n";

/** What `dex check` tells of a file. */
function told(file: string): readonly string[] {
  const argv = ["check", "--web-http-addr=:5556", "dex.yaml"];
  const command = loadDexConfiguration(
    { readFile: () => BASE + (file.includes("storage:") ? "" : MEMORY) + file, env: {} },
    argv,
  );
  if (command.kind !== "check" || command.result.configuration === undefined) throw new Error("not usable");
  return command.differences;
}

const connector = (type: string, config: string): string =>
  `connectors: [{ type: ${type}, id: c, name: C, config: { redirectURI: https://dex.example.com/callback, ${config} } }]\n`;

/** More of the file, and the beginning of what it changes; the same is not told without it. */
const ROWS: readonly (readonly [start: string, file: string])[] = [
  ["dex: does not start when all identity providers", connector("oidc", "issuer: https://id.example.com")],
  [
    "dex: staticPasswords without userID",
    "enablePasswordDB: true\nstaticPasswords: [{ email: a@example.com, hash: $2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W }]\n",
  ],
  ["dex: does not start when the database", `${MOCK}storage: { type: sqlite3, config: { file: /data/dex.db } }\n`],
  ["dex: the gRPC API listens", `${MOCK}grpc: { addr: ':5557' }\n`],
  ["dex: telemetry.enableProfiling", `${MOCK}telemetry: { enableProfiling: true }\n`],
  [
    "dex: passwords may be tried",
    "connectors: [{ type: mockPassword, id: m, name: M, config: { username: a, password: b } }]\n",
  ],
  ["dex: public clients may use", `${MOCK}staticClients: [{ id: a, name: A, public: true }]\n`],
  ["dex: an identity provider that pages", connector("gitea", "clientID: a")],
  ["dex: oidc: allowedGroups without", connector("oidc", "issuer: https://id.example.com, allowedGroups: [staff]")],
  [
    "dex: keystone: a wrong password",
    "connectors: [{ type: keystone, id: k, name: K, config: { domain: d, keystoneHost: 'https://k.example.com' } }]\n",
  ],
  ["dex: in the fragment of an answer", `${MOCK}oauth2: { responseTypes: [code, id_token] }\n`],
  ["dex: the endpoints are there without", `${MOCK}oauth2: { grantTypes: [authorization_code] }\n`],
  ["dex: token exchange does not look", connector("oidc", "issuer: https://id.example.com")],
];

/** What is told of any file, and no longer with this one. */
const WAYS_BACK: readonly (readonly [start: string, file: string])[] = [
  ["dex: without frontend.dir", `${MOCK}frontend: { dir: /web }\n`],
  ["dex: pages have no Content-Security-Policy", `${MOCK}web: { headers: { Content-Security-Policy: none } }\n`],
  ["dex: whoever rejects the approval", `${MOCK}oauth2: { skipApprovalScreen: true }\n`],
  ["dex: a refresh token that was replaced", `${MOCK}expiry: { refreshTokens: { disableRotation: true } }\n`],
  ["dex: a device whose user rejects", `${MOCK}oauth2: { grantTypes: [authorization_code] }\n`],
];

const isTold = (file: string, start: string): boolean => told(file).some((text) => text.startsWith(start));

describe("what dex check tells", () => {
  test.each(ROWS)("%s", (start, file) => {
    expect(isTold(file, start)).toBe(true);
    expect(isTold(MOCK, start)).toBe(false);
  });

  test.each(WAYS_BACK)("no longer: %s", (start, file) => {
    expect(isTold(MOCK, start)).toBe(true);
    expect(isTold(file, start)).toBe(false);
  });

  test("token exchange for any audience, as dex has it", () => {
    const start = "dex: token exchange does not look";
    expect(isTold(connector("oidc", "issuer: https://id.example.com, tokenExchangeAudiences: ['*']"), start)).toBe(
      false,
    );
  });
});

test("each row says what was, what is and why, and fits into its table", () => {
  const cells = DIFFERENCES.flatMap(({ rows }) => rows).flatMap(({ was, is, why }) => [was, is, why]);
  expect(cells.filter((cell) => cell.trim() === "" || /[|\n]|\.$/.test(cell))).toEqual([]);
});

test("docs/reference/differences-from-dex.md is fresh (npm run docs:reference)", () => {
  const path = join(import.meta.dir, "../../../../docs/reference/differences-from-dex.md");
  if (process.env["GOLDEN_UPDATE"] !== undefined) writeFileSync(path, renderDifferences());
  expect(readFileSync(path, "utf8")).toBe(renderDifferences());
});
