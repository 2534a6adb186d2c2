import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runInNewContext } from "node:vm";

import { hashPassword } from "../../src/crypto/password-hash.ts";
import { type Answer, Browser } from "../support/browser.ts";
import { send } from "../support/device.ts";
import { APP_CALLBACK, type DexServer, JANE, startDexServer } from "../support/dex-server.ts";
import { temporaryFolder } from "../support/gatehouse.ts";

/**
 * Every page of `gatehouse dex serve`, when clients, connectors and people are called what they like, and browsers send what they like:
 * with its own pages, and with an operator's templates.
 */
const EVIL = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ .Client }}\${1}`;

/** Values in text, attributes, addresses and scripts. */
const TEMPLATES: Readonly<Record<string, string>> = {
  "login.html": '{{ range .Connectors }}<a href="{{ .URL }}" title={{ .Name }}>{{ .Name }}</a>{{ end }}',
  "password.html":
    '<form method="post" action="{{ .PostURL }}"><input name="login" value="{{ .Username }}"><input name="password">{{ .UsernamePrompt }}</form><a href="{{ .BackLink }}">back</a>',
  "approval.html":
    '<form method="post"><input name="approval" value="approve"></form><p title=\'{{ .User }}\'>{{ .Client }} {{ .User }}</p><script>var client = {{ .Client }}, user = "{{ .User }}"</script><i style="color: {{ .Client }}" onclick="f({{ .User }})">{{ range .Scopes }}{{ . }}{{ end }}</i><a href="{{ .Client }}">client</a>',
  "error.html": "<h1>{{ .ErrType }}</h1><p>{{ .ErrMsg }}</p>",
  "oob.html": "{{ .Code }}",
  "device.html":
    '<form method="post" action="{{ .PostURL }}"><input name="user_code" value="{{ .UserCode }}"></form><script>var code = {{ .UserCode }}</script>',
  "device_success.html": "<p>{{ .ClientName }}</p>",
};

const folder = temporaryFolder();
const servers = new Map<string, DexServer>();

beforeAll(async () => {
  const files = { "robots.txt": "x", "static/main.css": "x", "themes/light/styles.css": "x" };
  const templates = Object.entries(TEMPLATES).map(([name, text]) => [`templates/${name}`, text] as const);
  for (const [name, text] of [...Object.entries(files), ...templates]) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text);
  }
  const hash = await hashPassword(JANE.password, "bcrypt");
  const person = { email: JANE.email, hash, username: EVIL, name: EVIL, userID: "1", groups: [EVIL] };
  const more = {
    staticClients: [
      { id: "evil", secret: "x", name: EVIL, redirectURIs: [APP_CALLBACK] },
      { id: "tv", name: EVIL, public: true },
    ],
    connectors: [{ type: "mockCallback", id: "evil", name: EVIL }],
  };
  servers.set("our own pages", await startDexServer({ ...more, sections: { staticPasswords: [person] } }));
  const frontend = { dir: folder.path, issuer: EVIL };
  servers.set(
    "an operator's templates",
    await startDexServer({ ...more, sections: { staticPasswords: [person], frontend } }),
  );
});
afterAll(async () => {
  for (const server of servers.values()) await server.stop();
  folder.remove();
});

function authorization({ issuer }: DexServer, more: Readonly<Record<string, string>> = {}, path = "/auth"): string {
  const query = { client_id: "evil", redirect_uri: APP_CALLBACK, response_type: "code", scope: "openid", state: EVIL };
  return `${issuer}${path}?${new URLSearchParams({ ...query, ...more }).toString()}`;
}

async function passwordForm(browser: Browser, server: DexServer): Promise<Answer> {
  return browser.open(authorization(server, { login_hint: EVIL }, "/auth/local"));
}

/** Signed in, and asked. */
async function approval(server: DexServer): Promise<Answer> {
  const browser = new Browser();
  return browser.submit(await passwordForm(browser, server), { login: JANE.email, password: JANE.password });
}

async function device(server: DexServer): Promise<Answer> {
  const { body } = await send(`${server.issuer}/device/code`, { client_id: "tv", scope: "openid" });
  const browser = new Browser();
  const form = { user_code: String(body["user_code"]) };
  const { location = "" } = await browser.request(`${server.issuer}/device/auth/verify_code`, { form });
  const at = new URL(location);
  at.pathname += "/mock";
  const asked = await browser.open(at.href);
  return browser.submit(asked, { approval: "approve" });
}

async function refusedDevice(server: DexServer): Promise<Answer> {
  const form = { user_code: EVIL };
  return new Browser().request(`${server.issuer}/device/auth/verify_code`, { form });
}

type Visit = (server: DexServer) => Promise<Answer>;
const open =
  (path: string): Visit =>
  (server) =>
    new Browser().open(server.issuer + path);

const evil = encodeURIComponent(EVIL);
const PAGES: readonly (readonly [string, number, Visit])[] = [
  ["the choice of connectors", 200, (server) => new Browser().open(authorization(server))],
  ["the password form", 200, (server) => passwordForm(new Browser(), server)],
  [
    "the password form, after a wrong try",
    401,
    async (server) => {
      const browser = new Browser();
      return browser.submit(await passwordForm(browser, server), { login: EVIL, password: EVIL });
    },
  ],
  ["the approval", 200, approval],
  ["a device's form", 200, open(`/device?user_code=${evil}`)],
  ["a device's form, after a wrong code", 400, refusedDevice],
  ["a device's end", 200, device],
  ["a device's refusal", 400, open(`/device/callback?error=${evil}&state=${evil}`)],
  [
    "the code to copy",
    200,
    async (server) => {
      const browser = new Browser();
      const oob = { client_id: "tv", redirect_uri: "urn:ietf:wg:oauth:2.0:oob" };
      return browser.submit(await browser.open(authorization(server, oob, "/auth/mock")), { approval: "approve" });
    },
  ],
  ["the error about a client", 400, open(`/auth?client_id=${evil}`)],
  ["the error about a redirect URI", 400, open(`/auth/mock?client_id=evil&redirect_uri=${evil}`)],
  ["the error about a connector", 400, (server) => new Browser().open(authorization(server, { connector_id: EVIL }))],
  [
    "the error about an unknown connector",
    400,
    (server) => new Browser().open(authorization(server, {}, `/auth/${evil}`)),
  ],
  ["the error of an upstream", 400, open(`/callback?error=${evil}&error_description=${evil}&state=${evil}`)],
  ["the error about an approval", 401, open(`/approval?req=${evil}`)],
];

describe.each(["our own pages", "an operator's templates"])("%s:", (which) => {
  const server = (): DexServer => {
    const found = servers.get(which);
    if (found === undefined) throw new Error("not started");
    return found;
  };

  test.each(PAGES)("%s lets nobody in who writes a name", async (_name, status, visit) => {
    const { status: answered, headers, body } = await visit(server());
    expect(answered).toBe(status);
    expect(body).not.toContain("<script>alert");
    expect(body).not.toContain("<img src=x");
    expect(body).not.toMatch(/\bonerror=alert\(1\)>/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    const policy = headers.get("content-security-policy") ?? "";
    if (which === "our own pages") {
      expect(policy).toMatch(/^default-src 'none'/);
      expect(policy).not.toContain("unsafe");
      expect(headers.get("x-frame-options") ?? policy).toMatch(/^DENY$|^default-src 'none'$/);
    } else expect(policy).toMatch(/frame-ancestors 'self'|^default-src 'none'/);
  });
});

describe("in a script of an operator's template", () => {
  test("a name is a string and nothing more", async () => {
    const server = servers.get("an operator's templates");
    const { body } = server === undefined ? { body: "" } : await approval(server);
    const [, script = ""] = /<script>(var client.*?)<\/script>/s.exec(body) ?? [];
    // What the browser would see, read as a program that has no names but its own.
    const said: unknown = runInNewContext(`${script}; JSON.stringify([client, user])`);
    expect(said).toBe(JSON.stringify([EVIL, EVIL]));
    expect(body).not.toMatch(/href="(?:javascript|data):/i);
  });
});

describe("answers that are no pages", () => {
  test.each([
    "",
    "/robots.txt",
    "/healthz",
    "/keys",
    "/.well-known/openid-configuration",
    "/token",
    "/userinfo",
    `/${evil}`,
  ])("%s is not taken for one", async (path) => {
    const server = servers.get("our own pages");
    const response = await fetch(`${server?.issuer}${path}?x=${evil}`);
    expect(await response.text()).not.toContain("alert(1)");
    const type = response.headers.get("content-type") ?? "";
    expect(type.startsWith("text/html") ? response.headers.get("content-security-policy") : "").not.toBeNull();
    if (!type.startsWith("application/json")) expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });
});
