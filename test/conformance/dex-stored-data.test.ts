import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

import { readPage } from "../recordings/page.ts";
import { isSignedBy } from "../recordings/tokens-seen.ts";
import { type Answer, Browser, formsOf } from "../support/browser.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import {
  type GatehouseProcess,
  freePort,
  spawnGatehouse,
  temporaryFolder,
  untilAnswering,
} from "../support/gatehouse.ts";
import { HAS_MARIADB, startMariadb } from "../support/mariadb-server.ts";
import { HAS_POSTGRES, startPostgres } from "../support/postgres-server.ts";

/**
 * Data that real dex programs stored, each beside the configuration they ran with: Gatehouse starts on it, and everything
 * that was handed out or is under way still works. `expect.json` of each folder says what there is.
 */
const VECTORS = join(import.meta.dir, "..", "vectors", "dex");
/** Milliseconds: a database server may have to be made. */
const PATIENCE = 120_000;

const folder = temporaryFolder();
const servers = new Map<string, Promise<DatabaseServer>>();
afterAll(async () => {
  for (const server of servers.values()) await (await server).stop();
  folder.remove();
});

const sqlite: Storage = {
  isThere: true,
  load: async (name) => {
    const file = join(folder.path, `${name}.db`);
    copyFileSync(join(VECTORS, name, "dex.db"), file);
    chmodSync(file, 0o600);
    return { file };
  },
};
const postgres: Storage = { isThere: HAS_POSTGRES, load: (name) => loadDump(name, "postgres", startPostgres) };
const mysql: Storage = { isThere: HAS_MARIADB, load: (name) => loadDump(name, "mysql", startMariadb) };

describe.each([
  ["sqlite3-v2.45.1", sqlite],
  ["sqlite3-master", sqlite],
  ["sqlite3-master-sessions", sqlite],
  ["postgres-v2.45.1", postgres],
  ["postgres-master", postgres],
  ["mysql-v2.45.1", mysql],
  ["mysql-master-sessions", mysql],
])("%s", (name, storage) => {
  if (!storage.isThere) return;
  // It was written beside the data, with all these members.
  const expected = JSON.parse(readFileSync(join(VECTORS, name, "expect.json"), "utf8")) as Expected;
  let program: Program;
  beforeAll(async () => {
    program = await start(name, expected, await storage.load(name));
  }, PATIENCE);
  afterAll(async () => void (await program?.process.end()));

  test("keys are published, and tokens that they signed are accepted", async () => {
    const { keys } = await json<{ readonly keys: readonly (JsonWebKey & { readonly kid: string })[] }>(
      program,
      "/keys",
    );
    expect(keys.map(({ kid }) => kid)).toEqual(
      expect.arrayContaining([...expected.keys_still_published_after_restart]),
    );
    for (const { token, header, kind, from, userinfo, introspection_active: active } of expected.tokens) {
      const key = keys.find(({ kid }) => kid === header.kid);
      const asked = await ask(program, "/userinfo", { headers: { authorization: `Bearer ${token}` } });
      const told = JSON.parse((await ask(program, "/token/introspect", { form: { token } })).body);
      const found = {
        signed: key !== undefined && isSignedBy(token, key),
        userinfo: asked.status,
        active: told.active,
      };
      expect({ kind, from, ...found }).toEqual({ kind, from, signed: true, userinfo, active });
    }
  });

  test("passwords log in", async () => {
    const client = { client_id: "static-app", client_secret: "static-secret" };
    for (const { email, password, status, claims = {} } of expected.passwords_by_password_grant) {
      const form = { grant_type: "password", username: email, password, scope: "openid email profile groups" };
      const answer = await askToken(program, client, form);
      expect({ email, password, status: answer.status }).toEqual({ email, password, status });
      if (status === 200) expect(claimsOf(answer)).toMatchObject(claims);
    }
  });

  test("device flows go on", async () => {
    for (const { device_code, poll } of [expected.device, expected.device_completed]) {
      const grant_type = "urn:ietf:params:oauth:grant-type:device_code";
      const answer = await ask(program, "/token", { form: { grant_type, device_code } });
      expect(answer.status).toBe(poll.status);
      if (poll.body !== undefined) expect(JSON.parse(answer.body)).toMatchObject(poll.body);
      if (poll.status === 200) expect(claimsOf(answer)).toEqual(expect.objectContaining(poll.id_token_claims ?? {}));
    }
    const browser = new Browser();
    const entered = { form: { user_code: expected.device.user_code } };
    const choice = await follow(program, browser, await ask(program, "/device/auth/verify_code", entered, browser));
    const link = readPage(choice.body).links.find(({ href }) => href.includes("/auth/mock?"));
    const chosen = await browser.request(home(program, new URL(link?.href ?? "", choice.url).href));
    const approved = await approve(program, browser, await follow(program, browser, chosen));
    expect({ status: approved.status, body: approved.body }).toEqual({
      status: 200,
      body: expect.stringContaining("Device app"),
    });
  });

  test("a login under way goes on", async () => {
    const { path, login, password } = expected.login_pending;
    const browser = new Browser();
    const answer = await ask(program, path, { form: { login, password } }, browser);
    const end = await approve(program, browser, await follow(program, browser, answer));
    expect(end.location).toMatch(/^http:\/\/127\.0\.0\.1:5555\/callback\?code=[^&]+&.*state=state-1/);
  });

  test("an approval under way goes on", async () => {
    const { path, req } = expected.approval_pending;
    const browser = new Browser();
    const answer = await ask(program, path, { form: { req, approval: "approve" } }, browser);
    const end = await follow(program, browser, answer);
    expect(end.location).toMatch(/^http:\/\/127\.0\.0\.1:5555\/callback\?code=[^&]+&.*state=state-2/);
  });

  test("a code that is over is refused", async () => {
    const { code, redirect_uri, code_verifier, ...client } = expected.code_not_yet_exchanged;
    const form = { grant_type: "authorization_code", code, redirect_uri, code_verifier };
    const answer = await askToken(program, client, form);
    expect({ status: answer.status, ...JSON.parse(answer.body) }).toMatchObject({
      status: 400,
      error: "invalid_grant",
    });
  });

  test("refresh tokens that are void are refused, the others are redeemed", async () => {
    // First, because none of them may take from the holder of the right one what dex promised.
    for (const { name: which, ...entry } of expected.refresh_tokens_that_must_be_refused) {
      expect({ which, status: (await refresh(program, entry)).status }).toEqual({ which, status: 400 });
    }
    for (const { name: which, answer: wanted, ...entry } of expected.refresh_tokens_that_must_work) {
      const answer = await refresh(program, entry);
      expect({ which, status: answer.status }).toEqual({ which, status: 200 });
      if (typeof wanted === "object") expect(claimsOf(answer)).toMatchObject(fixed(wanted.id_token_claims));
      const next = JSON.parse(answer.body).refresh_token;
      expect(next).not.toBe(entry.refresh_token);
      expect((await refresh(program, { ...entry, refresh_token: next })).status).toBe(200);
    }
  });
});

interface Storage {
  /** False = the server is not installed. */
  readonly isThere: boolean;
  /** Put a vector's data there. @returns what the configuration has to say of it. */
  readonly load: (name: string) => Promise<object>;
}

interface Program {
  readonly process: GatehouseProcess;
  /** Where it listens; its issuer stays what it was. */
  readonly origin: string;
}

interface Client {
  readonly client_id: string;
  readonly client_secret: string | null;
}

interface Redeemable extends Client {
  readonly refresh_token: string;
}

type Claims = Readonly<Record<string, unknown>>;

interface Poll {
  readonly device_code: string;
  readonly poll: { readonly status: number; readonly body?: object; readonly id_token_claims?: Claims };
}

interface Expected {
  readonly env: Readonly<Record<string, string>>;
  readonly keys_still_published_after_restart: readonly string[];
  readonly tokens: readonly {
    readonly from: string;
    readonly kind: string;
    readonly token: string;
    readonly header: { readonly kid: string };
    readonly userinfo: number;
    readonly introspection_active: boolean;
  }[];
  readonly passwords_by_password_grant: readonly {
    readonly email: string;
    readonly password: string;
    readonly status: number;
    readonly claims?: Claims;
  }[];
  readonly device: Poll & { readonly user_code: string };
  readonly device_completed: Poll;
  readonly login_pending: { readonly path: string; readonly login: string; readonly password: string };
  readonly approval_pending: { readonly path: string; readonly req: string };
  readonly code_not_yet_exchanged: Client & {
    readonly code: string;
    readonly redirect_uri: string;
    readonly code_verifier: string;
  };
  readonly refresh_tokens_that_must_be_refused: readonly (Redeemable & { readonly name: string })[];
  readonly refresh_tokens_that_must_work: readonly (Redeemable & {
    readonly name: string;
    /** Text = the program that stored it never answered. */
    readonly answer: { readonly id_token_claims: Claims } | string;
  })[];
}

const ISSUER = "http://127.0.0.1:5556";
const PATH = "/dex";

/** One server for all vectors of a kind, with a database for each. */
async function loadDump(name: string, kind: string, make: () => Promise<DatabaseServer>): Promise<object> {
  const starting = servers.get(kind) ?? make();
  servers.set(kind, starting);
  const { host, port, user, password, createDatabase, sql } = await starting;
  const database = await createDatabase(name.replaceAll(/\W/g, "_"));
  await sql(readFileSync(join(VECTORS, name, "dump.sql"), "utf8"), database);
  return { host, port, user, password, database };
}

async function start(name: string, { env }: Expected, storage: object): Promise<Program> {
  const port = await freePort();
  const configuration = parse(readFileSync(join(VECTORS, name, "config.yaml"), "utf8"));
  Object.assign(configuration.storage.config, storage);
  configuration.web.http = `127.0.0.1:${port}`;
  configuration.grpc.addr = `127.0.0.1:${await freePort()}`;
  leaveOutSessions(configuration);
  const file = join(folder.path, `${name}.yaml`);
  writeFileSync(file, stringify(configuration));
  const { DEX_SESSIONS_ENABLED: _, ...rest } = env;
  const running = spawnGatehouse(["dex", "serve", file], { cwd: folder.path, env: rest });
  const origin = `http://127.0.0.1:${port}`;
  await untilAnswering(`${origin}${PATH}/healthz`, running);
  return { process: running, origin };
}

/** Sessions and second factors are not there yet: of that data, what does without them is looked at. */
function leaveOutSessions(configuration: { [key: string]: unknown; staticClients: Record<string, unknown>[] }): void {
  for (const key of ["sessions", "mfa"]) delete configuration[key];
  for (const client of configuration.staticClients) {
    for (const key of ["mfaChain", "refreshTokenLifetime"]) delete client[key];
  }
}

/** Claims that are the same in every token; `sid` belongs to sessions. */
function fixed(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => !String(value).startsWith("<")));
}

/** The address of an endpoint, whichever way it is written, where the program listens. */
function home({ origin }: Program, address: string): string {
  if (address.startsWith(ISSUER)) return origin + address.slice(ISSUER.length);
  if (address.startsWith("http")) return address;
  return origin + (address.startsWith(`${PATH}/`) ? "" : PATH) + address;
}

function ask(
  program: Program,
  address: string,
  options: Parameters<Browser["request"]>[1] = {},
  browser = new Browser(),
): Promise<Answer> {
  return browser.request(home(program, address), options);
}

async function json<Value>(program: Program, address: string): Promise<Value> {
  return JSON.parse((await ask(program, address)).body) as Value; // the endpoint's documented answer
}

/** Follow redirects inside of the program. */
async function follow(program: Program, browser: Browser, first: Answer): Promise<Answer> {
  let answer = first;
  for (let hops = 0; hops < 15; hops += 1) {
    const next = home(program, answer.location ?? "http:");
    if (!next.startsWith(`${program.origin}/`)) return answer;
    answer = await browser.request(next);
  }
  throw new Error(`too many redirects, the last to ${answer.location}`);
}

/** Agree, where somebody is asked. */
async function approve(program: Program, browser: Browser, page: Answer): Promise<Answer> {
  const form = formsOf(page).find(({ fields }) => "approval" in fields && "req" in fields);
  if (form === undefined) return page;
  const fields = { ...form.fields, approval: "approve" };
  return follow(program, browser, await browser.request(home(program, form.action), { form: fields }));
}

/** A client without a secret names itself in the form. RFC 6749 §2.3.1 */
function askToken(program: Program, client: Client, form: Readonly<Record<string, string>>): Promise<Answer> {
  const { client_id, client_secret } = client;
  if (client_secret === null) return ask(program, "/token", { form: { ...form, client_id } });
  const pair = `${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`;
  return ask(program, "/token", { form, headers: { authorization: `Basic ${btoa(pair)}` } });
}

function refresh(program: Program, { refresh_token, ...client }: Redeemable): Promise<Answer> {
  return askToken(program, client, { grant_type: "refresh_token", refresh_token });
}

function claimsOf({ body }: Answer): Claims {
  const [, payload = ""] = String(JSON.parse(body).id_token).split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}
