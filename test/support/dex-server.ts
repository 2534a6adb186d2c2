import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { type Answer, Browser, formsOf } from "./browser.ts";
import { freePort, type GatehouseProcess, spawnGatehouse, temporaryFolder, untilAnswering } from "./gatehouse.ts";

/** Who can sign in by password. */
export const JANE = { email: "jane@example.com", password: "correct horse" };

/** Where clients are sent that no server listens for: the test reads the address. */
export const APP_CALLBACK = "https://app.example.com/callback";

/** One that keeps a secret, and whose secret has to be escaped. */
export const APP = { id: "app", secret: "app secret/with+odd:characters" };
/** One that cannot. */
export const COMMAND_LINE = { id: "cli" };

const GRANTS = [
  "authorization_code",
  "implicit",
  "refresh_token",
  "password",
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code",
  "urn:ietf:params:oauth:grant-type:token-exchange",
];

export interface DexServer {
  readonly issuer: string;
  readonly process: GatehouseProcess;
  /** Write its file anew, and have it read. */
  reload(additions: DexAdditions): void;
  stop(): Promise<void>;
}

/** What a test adds to the file. */
export interface DexAdditions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: plain http. The server is asked over plain http all the same. */
  readonly issuer?: string;
  /** Default: `RS256`. */
  readonly algorithm?: "ES256";
  readonly staticClients?: readonly object[];
  readonly connectors?: readonly object[];
  /** Sections of the file, in place of ours. `web` gets its listener. */
  readonly sections?: Readonly<Record<string, object>>;
  /** Text of other files, by their path in the server's folder. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * `gatehouse dex serve` with everything on that dex has: all grants and response types, a password database, its mock
 * connector, and the approval screen.
 */
export async function startDexServer(additions: DexAdditions = {}): Promise<DexServer> {
  const [folder, port] = [temporaryFolder(), additions.port ?? (await freePort())];
  const hash = await hashPassword(JANE.password, "bcrypt");
  const issuer = `http://127.0.0.1:${port}/dex`;
  const write = (more: DexAdditions): void => {
    // JSON is YAML.
    const files = { ...more.files, "config.yaml": JSON.stringify(fileOf(issuer, hash, more)) };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder.path, name)), { recursive: true });
      writeFileSync(join(folder.path, name), text);
    }
  };
  write(additions);
  const running = spawnGatehouse(["dex", "serve", "config.yaml"], { cwd: folder.path });
  await untilAnswering(`${issuer}/healthz`, running);
  return {
    issuer,
    process: running,
    reload(more) {
      write(more);
      process.kill(running.pid, "SIGHUP");
    },
    async stop() {
      await running.end();
      folder.remove();
    },
  };
}

function fileOf(issuer: string, hash: string, additions: DexAdditions): object {
  return {
    storage: { type: "sqlite3", config: { file: "dex.db" } },
    oauth2: { grantTypes: GRANTS, responseTypes: ["code", "token", "id_token"], passwordConnector: "local" },
    staticClients: [
      {
        ...APP,
        name: "The App",
        redirectURIs: [APP_CALLBACK],
        clientCredentialsClaims: { groups: ["machines"] },
      },
      { ...COMMAND_LINE, name: "Command line", public: true, redirectURIs: [] },
      ...(additions.staticClients ?? []),
    ],
    connectors: [{ type: "mockCallback", id: "mock", name: "Mock" }, ...(additions.connectors ?? [])],
    enablePasswordDB: true,
    staticPasswords: [
      { email: JANE.email, hash, username: "jane", name: "Jane Doe", userID: "jane-1", groups: ["staff"] },
    ],
    signer: { type: "local", config: { keysRotationPeriod: "6h", algorithm: additions.algorithm ?? "RS256" } },
    ...additions.sections,
    web: { http: new URL(issuer).host, ...additions.sections?.["web"] },
    issuer: additions.issuer ?? issuer,
  };
}

export interface SignInOptions {
  /** Default: a new one. */
  readonly browser?: Browser;
  /** Where the walk ends: an address below the client that nobody listens at. Default: `APP_CALLBACK`. */
  readonly home?: string;
  /** What is pressed when a client asks. Default: `approve`. */
  readonly approval?: "approve" | "rejected";
}

/**
 * What a person does with the address that a client sends them to: confirm the device's code, choose the password, sign in,
 * approve, and let the browser post what it is told to post.
 *
 * @returns what came last: the answer that leads home, or a page that wants nothing more.
 */
export async function signInAtDex(url: string, options: SignInOptions = {}): Promise<Answer> {
  const { browser = new Browser(), home = APP_CALLBACK, approval = "approve" } = options;
  let next: Step | undefined = { url };
  for (let steps = 0; steps < 8; steps += 1) {
    const page: Answer = await walk(browser, next, home);
    next = page.location === undefined ? nextStep(page, approval, home) : undefined;
    if (next === undefined) return page;
  }
  throw new Error(`no end at ${next.url}`);
}

type Fields = Readonly<Record<string, string>>;

interface Step {
  readonly url: string;
  /** Posted, from the page at `from`. */
  readonly form?: Fields;
  readonly from?: string;
}

function nextStep(page: Answer, approval: string, home: string): Step | undefined {
  for (const { action, fields } of formsOf(page)) {
    const post = (typed: Fields): Step => ({ url: action, form: { ...fields, ...typed }, from: page.url });
    if ("login" in fields) return post({ login: JANE.email, password: JANE.password });
    if ("approval" in fields) return post({ approval });
    // A device's code that the link filled in; a client's request by POST; and the answer by form_post.
    if (fields["user_code"] || "response_type" in fields) return post({});
    if ("iss" in fields && !action.startsWith(home)) return post({});
  }
  const choice = /href="([^"]*\/auth\/local\?[^"]*)"/.exec(page.body)?.[1];
  return choice === undefined ? undefined : { url: new URL(choice.replaceAll("&amp;", "&"), page.url).href };
}

/** Follow redirects until one leads home. */
async function walk(browser: Browser, { url, form, from = url }: Step, home: string): Promise<Answer> {
  const origin = new URL(from).origin;
  const headers = { origin, "sec-fetch-site": origin === new URL(url).origin ? "same-origin" : "cross-site" };
  let answer = await browser.request(url, form === undefined ? {} : { form, headers });
  for (let hops = 0; answer.location !== undefined && !answer.location.startsWith(home); hops += 1) {
    if (hops === 15) throw new Error(`too many redirects, last ${answer.location}`);
    answer = await browser.request(answer.location);
  }
  return answer;
}
