import { Browser } from "../test/support/browser.ts";

const PUBLIC = "http://auth.bench.localhost:19180";

/** Length of the `Cookie` header in every row: what a browser carries that has visited a few applications of a domain. */
const COOKIE_BYTES = 2300;

/** What every `Cookie` header begins with. */
export const FILLING = "other=xxxxxxxxxxxx";

/**
 * Sign in as a person would.
 *
 * @param form what is typed into the page that asks for it; absent = no page asks.
 * @returns the `Cookie` header of the browser then, filled up to 2,300 bytes.
 */
export async function signIn(app: string, form?: Readonly<Record<string, string>>): Promise<string> {
  const browser = new Browser();
  const first = await browser.open(app);
  const page = form === undefined ? first : await browser.submit(first, form);
  if (page.status !== 200) throw new Error(`signing in ended with ${page.status} at ${page.url}`);
  const own = browser.cookieHeader(new URL(app));
  return `${FILLING.padEnd(COOKIE_BYTES - own.length - 2, "x")}; ${own}`;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Get tokens as a client of the provider would, for the user who is signed in already. */
export async function getTokens(cookie: string): Promise<Tokens> {
  const parameters = new URLSearchParams({
    client_id: "bench",
    response_type: "code",
    redirect_uri: "http://127.0.0.1:19999/callback",
    scope: "openid email groups offline_access",
    state: "s",
  });
  let url = `${PUBLIC}/auth?${parameters}`;
  for (let hops = 0; hops < 15; hops += 1) {
    const response = await request(url, { headers: { cookie, accept: "text/html" } });
    const location = response.headers.get("location");
    if (location === null) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
    const next = new URL(location, url);
    const code = next.port === "19999" ? next.searchParams.get("code") : null;
    if (code !== null) {
      return token({ grant_type: "authorization_code", code, redirect_uri: "http://127.0.0.1:19999/callback" });
    }
    url = next.href;
  }
  throw new Error("no code after 15 redirects");
}

/** The refresh grant. */
export function refresh(refreshToken: string): Promise<Tokens> {
  return token({ grant_type: "refresh_token", refresh_token: refreshToken });
}

async function token(form: Readonly<Record<string, string>>): Promise<Tokens> {
  const headers = { authorization: `Basic ${btoa("bench:bench-secret")}` };
  const response = await request(`${PUBLIC}/token`, { method: "POST", headers, body: new URLSearchParams(form) });
  if (response.status !== 200) throw new Error(`/token answers ${response.status}: ${await response.text()}`);
  const answer = (await response.json()) as { access_token: string; refresh_token: string };
  return { accessToken: answer.access_token, refreshToken: answer.refresh_token };
}

/** Every name leads to loopback. */
function request(
  url: string,
  init: { method?: string; headers: Record<string, string>; body?: URLSearchParams },
): Promise<Response> {
  const target = new URL(url);
  const headers = { ...init.headers, host: target.host };
  target.hostname = "127.0.0.1";
  return fetch(target, { ...init, headers, redirect: "manual" });
}
