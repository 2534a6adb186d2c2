import { afterAll, beforeAll, expect, test } from "bun:test";

import { Browser } from "../support/browser.ts";
import { type DexServer, JANE, signInAtDex, startDexServer } from "../support/dex-server.ts";
import { COOKIE_SECRET, type DropIn, startDropIn } from "../support/drop-in.ts";
import { freePort, startGatehouse } from "../support/gatehouse.ts";
import { until } from "../support/until.ts";

const CLIENT = { id: "proxy", secret: "proxy secret" };
const [AUTH, WIKI] = ["auth.gatehouse.localhost", "wiki.gatehouse.localhost"];

let dex: DexServer;
let dropIn: DropIn;
let native: Awaited<ReturnType<typeof startGatehouse>>;
/** Answers with the headers that reach it. */
const application = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: ({ headers }) => Response.json(Object.fromEntries(headers)),
});

beforeAll(async () => {
  const [dexPort, dropInPort] = [await freePort(), await freePort()];
  const issuer = `http://127.0.0.1:${dexPort}/dex`;
  native = await startNative(issuer);
  const redirectURIs = [`http://127.0.0.1:${dropInPort}/oauth2/callback`, native.url(AUTH, "/oauth2/callback")];
  const client = { ...CLIENT, name: "The proxy", redirectURIs };
  dex = await startDexServer({ port: dexPort, staticClients: [client] });
  dropIn = await startDropIn(dropInFlags(dex.issuer), { port: dropInPort });
});
afterAll(() => Promise.all([dropIn.stop(), native.stop(), dex.stop(), application.stop(true)]));

function dropInFlags(issuer: string): readonly string[] {
  return [
    "--provider=oidc",
    `--oidc-issuer-url=${issuer}`,
    `--client-id=${CLIENT.id}`,
    `--client-secret=${CLIENT.secret}`,
    "--scope=openid email profile groups offline_access",
    "--code-challenge-method=S256",
    `--cookie-secret=${COOKIE_SECRET}`,
    "--cookie-secure=false",
    "--cookie-refresh=1s",
    "--email-domain=example.com",
    "--allowed-group=staff",
    "--skip-provider-button",
    "--pass-access-token",
    `--upstream=http://127.0.0.1:${application.port}/`,
  ];
}

async function startNative(issuer: string) {
  return startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
cookie: { domain: gatehouse.localhost }
connectors:
  - { id: dex, type: oidc, name: Dex, issuer: "${issuer}", clientId: ${CLIENT.id}, clientSecret: "${CLIENT.secret}", scopes: [email, profile, groups] }
apps:
  - host: "${WIKI}:${port}"
    upstream: http://127.0.0.1:${application.port}
    allow: { groups: [staff] }
`,
  );
}

async function seen(browser: Browser, url: string): Promise<Readonly<Record<string, string>>> {
  const page = await browser.request(url);
  if (page.status !== 200) throw new Error(`${page.status} ${page.location ?? page.body}`);
  return JSON.parse(page.body);
}

test("gatehouse oauth2-proxy lets in whom dex knows, and goes on with refreshed tokens", async () => {
  const browser = new Browser();
  const page = await signInAtDex(`${dropIn.url}/page?a=1`, { browser });
  expect([page.status, page.url]).toEqual([200, `${dropIn.url}/page?a=1`]);
  const first = await seen(browser, `${dropIn.url}/`);
  expect(first).toMatchObject({ "x-forwarded-email": JANE.email, "x-forwarded-groups": "staff" });
  const renewed = await until("a refreshed token", async () => {
    const now = await seen(browser, `${dropIn.url}/`);
    return now["x-forwarded-access-token"] !== first["x-forwarded-access-token"] && now;
  });
  expect(renewed).toMatchObject({ "x-forwarded-email": JANE.email, "x-forwarded-groups": "staff" });
});

test("the native proxy lets in whom dex knows", async () => {
  // It was there before the provider.
  await until("discovery", async () => (await fetch(`http://127.0.0.1:${native.telemetryPort}/readyz`)).ok);
  const browser = new Browser();
  const page = await signInAtDex(native.url(WIKI, "/page?a=1"), { browser });
  expect([page.status, page.url]).toEqual([200, native.url(WIKI, "/page?a=1")]);
  expect(JSON.stringify(await seen(browser, native.url(WIKI, "/")))).toContain(JANE.email);
});
