/** What a client of the provider and the browsers of its users do, without a page: a mock upstream sends everybody straight back. */
export interface DexClient {
  readonly issuer: string;
  /** Sign somebody in. @returns the code that the client gets. */
  signIn(): Promise<string>;
  exchange(code: string): Promise<Tokens>;
  refresh(refreshToken: string): Promise<Tokens>;
  /** The password grant, whose cost is the hash. @param email one of {@link PEOPLE}. */
  signInByPassword(email: string): Promise<void>;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** As `client_id:client_secret` of HTTP Basic. */
export const CREDENTIALS = `Basic ${btoa("bench:bench-secret")}`;
export const FORM = "application/x-www-form-urlencoded";
const CALLBACK = "http://127.0.0.1:19999/callback";
const SCOPE = "openid email profile groups offline_access";
const PASSWORD = "bench password";

/** Who has a password: as many as one address may have hashed at once. Tries for one person would be throttled. */
export const PEOPLE = Array.from({ length: 20 }, (_, index) => `bench-${index}@example.com`);

/** Where a provider keeps its data, as dex's file says it. */
export interface Storage {
  readonly type: "memory" | "sqlite3" | "postgres";
  readonly config?: Readonly<Record<string, unknown>>;
}

/** dex's configuration file; JSON is YAML. */
export function dexConfiguration(port: number, storage: Storage): string {
  return JSON.stringify({
    issuer: `http://127.0.0.1:${port}/dex`,
    storage,
    // A line for each login is nothing to compare.
    logger: { level: "error" },
    web: { http: `127.0.0.1:${port}` },
    oauth2: { skipApprovalScreen: true, passwordConnector: "local" },
    connectors: [{ type: "mockCallback", id: "mock", name: "Mock" }],
    enablePasswordDB: true,
    staticPasswords: PEOPLE.map((email) => ({
      email,
      username: email,
      userID: email,
      // Of `PASSWORD`, at bcrypt's cost of 10.
      hash: "$2b$10$oFOSR3luONslFA3K07DWg.mVBwcnZhCX.8aZsy8D7Z2ffmIy8nFa6",
    })),
    staticClients: [{ id: "bench", name: "Bench", secret: "bench-secret", redirectURIs: [CALLBACK] }],
  });
}

export function createDexClient(port: number): DexClient {
  const issuer = `http://127.0.0.1:${port}/dex`;
  return {
    issuer,
    signIn: () => signIn(issuer),
    exchange: (code) => token(issuer, { grant_type: "authorization_code", code, redirect_uri: CALLBACK }),
    refresh: (refreshToken) => token(issuer, { grant_type: "refresh_token", refresh_token: refreshToken }),
    async signInByPassword(email) {
      await token(issuer, { grant_type: "password", scope: "openid", username: email, password: PASSWORD });
    },
  };
}

async function signIn(issuer: string): Promise<string> {
  const parameters = { client_id: "bench", response_type: "code", redirect_uri: CALLBACK, scope: SCOPE, state: "s" };
  const cookies = new Map<string, string>();
  let url = `${issuer}/auth/mock?${new URLSearchParams(parameters)}`;
  for (let hops = 0; hops < 15; hops += 1) {
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    const response = await fetch(url, { headers: { cookie }, redirect: "manual" });
    const text = await response.text();
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${url} answers ${response.status}: ${text}`);
    url = new URL(location, url).href;
    if (url.startsWith(CALLBACK)) return new URL(url).searchParams.get("code") ?? "";
  }
  throw new Error("no code after 15 redirects");
}

async function token(issuer: string, form: Readonly<Record<string, string>>): Promise<Tokens> {
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: CREDENTIALS },
    body: new URLSearchParams(form),
  });
  if (response.status !== 200) throw new Error(`/token answers ${response.status}: ${await response.text()}`);
  const answer = (await response.json()) as { access_token: string; refresh_token?: string };
  return { accessToken: answer.access_token, refreshToken: answer.refresh_token ?? "" };
}
