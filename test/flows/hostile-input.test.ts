import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Browser } from "../support/browser.ts";
import { startFakeProvider } from "../support/fake-provider.ts";
import { freePort, spawnGatehouse, startGatehouse, untilAnswering } from "../support/gatehouse.ts";
import { sendRaw } from "../support/raw-http.ts";
import { until } from "../support/until.ts";

const AUTH = "auth.gatehouse.localhost";
const WIKI = "wiki.gatehouse.localhost";
const OPEN = "open.gatehouse.localhost";
/** Long enough for any machine; what matters is that an answer comes at all. */
const PATIENCE = { milliseconds: 20_000 };
const helloPort = await freePort();
const hello = spawnGatehouse(["hello", "--listen", `127.0.0.1:${helloPort}`]);
const corp = await startFakeProvider();
const alice = new Browser();

let gatehouse: Awaited<ReturnType<typeof startGatehouse>>;

beforeAll(async () => {
  await untilAnswering(`http://127.0.0.1:${helloPort}/`, hello);
  gatehouse = await startGatehouse(
    ({ port, telemetryPort }) => `
publicUrl: http://${AUTH}:${port}
listen: 127.0.0.1:${port}
telemetryListen: 127.0.0.1:${telemetryPort}
dataDir: ./data
cookie: { domain: gatehouse.localhost }
returnHosts: [app.example.com, .wild.test]
connectors:
  - { id: corp, type: oidc, issuer: "${corp.issuer}", clientId: gatehouse, clientSecret: "${corp.clientSecret}" }
apps:
  - { host: "${OPEN}:${port}", upstream: "http://127.0.0.1:${helloPort}", public: true }
  - host: "${WIKI}:${port}"
    upstream: http://127.0.0.1:${helloPort}
    allow: { groups: [staff] }
    rules:
      - { paths: [/healthz], methods: [GET], public: true }
      - { paths: [/admin/**], allow: { groups: [administrators] } }
clients:
  - { id: grafana, secret: "grafana secret", redirectUris: ["https://grafana.example.com/cb"] }
`,
  );
  const ready = `http://127.0.0.1:${gatehouse.telemetryPort}/readyz`;
  await until("discovery", async () => (await (await fetch(ready)).text()).includes('"status":"ready"'));
  const page = await alice.open(gatehouse.url(WIKI, "/"));
  expect([page.status, page.url]).toEqual([200, gatehouse.url(WIKI, "/")]);
});

afterEach(async () => {
  expect((await new Browser().request(gatehouse.url(AUTH, "/ping"))).status).toBe(200);
  expect((await alice.request(gatehouse.url(WIKI, "/still-there"))).status).toBe(200);
});

afterAll(async () => {
  await gatehouse.stop();
  await Promise.all([hello.end(), corp.stop()]);
});

/** The lines of a file of vectors. */
function vectors(name: string): readonly string[] {
  const text = readFileSync(join(import.meta.dir, "..", "vectors", name), "utf8");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("# "));
}

/** Send bytes and read the status of the answer; 0 = the connection was closed without one. */
async function statusOf(bytes: string, host = AUTH): Promise<number> {
  const { text } = await sendRaw(gatehouse.port, bytes.replace("HOST", `${host}:${gatehouse.port}`), {
    ...PATIENCE,
    until: /^HTTP\/1\.1 \d{3}/,
  });
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}

function get(target: string, headers = ""): string {
  return `GET ${target} HTTP/1.1\r\nHost: HOST\r\n${headers}Connection: close\r\n\r\n`;
}

const aliceCookies = (): string => alice.cookieHeader(new URL(gatehouse.url(WIKI, "/")));

describe("too much", () => {
  test.each([
    ["a header of 100 kB", `X-Large: ${"x".repeat(100_000)}\r\n`],
    ["a header block just above 32 KiB", `X-Large: ${"x".repeat(32_800)}\r\n`],
    ["10,000 cookies", `Cookie: ${Array.from({ length: 10_000 }, (_, index) => `c${index}=v`).join("; ")}\r\n`],
    ["a target of 100 kB", ""],
  ])("%s: 431", async (name, headers) => {
    const target = name.startsWith("a target") ? `/?${"x".repeat(100_000)}` : "/page";
    expect([414, 431]).toContain(await statusOf(get(target, headers), WIKI));
  });

  test("a header block of 30 kB is accepted", async () => {
    const headers = `Cookie: ${aliceCookies()}\r\nX-Large: ${"x".repeat(30_000)}\r\n`;
    expect(await statusOf(get("/page", headers), WIKI)).toBe(200);
  });

  test("thousands of cookies that fit: nobody is signed in by what comes after them, and nothing breaks", async () => {
    const many = `Cookie: ${"a=;".repeat(9000)}\r\n`;
    expect(await statusOf(get("/page", `Accept: application/json\r\n${many}`), WIKI)).toBe(401);
    expect(await statusOf(get("/oauth2/callback?state=x", many))).toBe(403);
    expect(await statusOf(get("/oauth2/sign_in", many))).toBe(200);
  });

  test.each([
    ["/oauth2/sign_in", 413],
    ["/oauth2/sign_out", 413],
    ["/token", 413],
    ["/token/introspect", 413],
    ["/token/revoke", 413],
  ])("a form of 10 MB to %s: %i, with its length announced or not", async (path, status) => {
    const form = `grant_type=${"x".repeat(10_000_000)}`;
    const type = "Content-Type: application/x-www-form-urlencoded\r\n";
    const head = `POST ${path} HTTP/1.1\r\nHost: HOST\r\n${type}`;
    expect(await statusOf(`${head}Content-Length: ${form.length}\r\n\r\n${form}`)).toBe(status);
    const chunk = `${form.length.toString(16)}\r\n${form}\r\n0\r\n\r\n`;
    expect(await statusOf(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`)).toBe(status);
  });

  test("a form of many small fields is bounded too", async () => {
    const answer = await new Browser().request(gatehouse.url(AUTH, "/oauth2/sign_in"), {
      form: Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, ""])),
    });
    expect([400, 413]).toContain(answer.status);
  });
});

describe("broken text", () => {
  test.each([
    // The HTTP parser reads the rest of the line as a version it does not know.
    ["a NUL in the target", "/\0", [0, 400, 505]],
    ["a NUL in a header", "/ HTTP/1.1\r\nX-A: a\0b", [0, 400]],
    ["an encoded NUL", "/%00", [400, 404]],
    ["an incomplete percent-encoding", "/%", [400, 404]],
    ["a percent-encoding that is none", "/%zz", [400, 404]],
    ["encoded bytes that are no UTF-8", "/%ff%c0%af", [400, 404]],
    ["raw bytes that are no UTF-8", "/\xff\xc0\xaf", [400, 404]],
    ["a callback with broken encoding", "/oauth2/callback?state=%zz&code=%", [403]],
    ["a callback with NUL", "/oauth2/callback?state=%00", [403]],
    ["a callback with bytes that are no UTF-8", "/oauth2/callback?state=\xff&code=\xc0", [403]],
    ["an unknown client with broken encoding", "/auth?client_id=%ff%00&response_type=%zz", [400, 404]],
    ["a hop with broken encoding", "/approval?req=%ff%00&hmac=%zz", [400, 401, 403, 404]],
  ])("%s is refused", async (_name, target, statuses) => {
    expect(statuses).toContain(await statusOf(get(target)));
  });

  test.each([
    ["an encoded NUL", "/admin%00/x"],
    ["an incomplete percent-encoding", "/admin%"],
    ["a percent-encoding that is none", "/admin%zz"],
    ["encoded bytes that are no UTF-8", "/admin/%ff"],
    ["raw bytes that are no UTF-8", "/admin/\xff"],
    ["an encoded slash", "/admin%2Fx"],
    ["an encoded backslash", "/admin%5Cx"],
    ["an encoded letter", "/%61dmin/x"],
    ["an empty segment", "//admin/x"],
    ["an encoded dot segment", "/a/%2e%2e/admin/x"],
    ["dot segments", "/a/../admin/x"],
    ["a backslash", "/a\\..\\admin\\x"],
  ])("%s in front of an application: never past the rule for /admin", async (_name, target) => {
    const status = await statusOf(get(target, `Cookie: ${aliceCookies()}\r\n`), WIKI);
    expect([400, 403, 404]).toContain(status);
  });

  test.each([
    ["bytes that are no UTF-8", "username=\xff\xfe&password=\xc0"],
    ["broken percent-encoding", "username=%zz&password=%"],
    ["NUL", "username=\0&password=%00&rd=%00"],
  ])("a form with %s is refused", async (_name, form) => {
    for (const path of ["/oauth2/sign_in", "/token", "/token/introspect"]) {
      const type = "Content-Type: application/x-www-form-urlencoded\r\n";
      const status = await statusOf(
        `POST ${path} HTTP/1.1\r\nHost: HOST\r\n${type}Content-Length: ${form.length}\r\n\r\n${form}`,
      );
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
    }
  });

  test.each([
    ["nothing", ""],
    ["noise", "\xff\xfe\0%zz"],
    ["a foreign one", "AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
    ["a very long one", "x".repeat(20_000)],
    ["a path", "../../etc/passwd"],
    ["SQL", "' OR 1=1 --.x"],
  ])("a session cookie that is %s is no session", async (_name, value) => {
    const [name = ""] = aliceCookies().split("=");
    expect(name).toContain("gatehouse_session");
    const status = await statusOf(get("/page", `Accept: application/json\r\nCookie: ${name}=${value}\r\n`), WIKI);
    // A NUL in a header is refused by the parser.
    expect(value.includes("\0") ? [0, 400] : [401]).toContain(status);
  });

  test("a tampered and a truncated session cookie are no session, and are cleared once", async () => {
    const session = alice.cookies.find((cookie) => cookie.name.includes("gatehouse_session"));
    for (const value of [`${session?.value ?? ""}x`, (session?.value ?? "").slice(0, -1), "x.y"]) {
      const answer = await new Browser().request(gatehouse.url(WIKI, "/page"), {
        headers: { cookie: `${session?.name ?? ""}=${value}` },
      });
      expect(answer.status).toBe(302);
      const cleared = answer.headers.getSetCookie();
      expect(cleared.filter((line) => line.startsWith(`${session?.name ?? ""}=;`))).toHaveLength(1);
    }
  });
});

describe("return targets", () => {
  /** Sign in with `rd` as it stands, and say where that led. */
  async function landing(rd: string): Promise<string | undefined> {
    const browser = new Browser();
    const toUpstream = await browser.request(gatehouse.url(AUTH, `/oauth2/start?rd=${rd}`));
    const back = await browser.request(toUpstream.location ?? "");
    return (await browser.request(back.location ?? "")).headers.get("location") ?? undefined;
  }

  test.each(["https://app.example.com/x?a=1%26b=2", "http://a.wild.test/", "/page%3Fa=%252F"])(
    "%s is allowed, so the others are refused for what they are",
    async (rd) => {
      expect(await landing(rd)).toBe(decodeURIComponent(rd));
    },
  );

  test("each hostile one ends at our own root", async () => {
    const lines = vectors("return-targets.txt");
    expect(lines.length).toBeGreaterThan(200);
    const wrong: (readonly [string, string | undefined])[] = [];
    for (const line of lines) {
      const landed = await landing(line);
      if (landed !== "/") wrong.push([line, landed]);
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  test("sign-out follows none of them either", async () => {
    const wrong: (readonly [string, string | undefined])[] = [];
    for (const line of vectors("return-targets.txt")) {
      const answer = await new Browser().request(gatehouse.url(AUTH, `/oauth2/sign_out?rd=${line}`));
      if (answer.headers.get("location") !== "/") wrong.push([line, answer.location]);
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});

describe("headers that a client makes up", () => {
  const rows = vectors("spoofed-headers.txt").map((line) => [line] as const);

  test.each(rows)("%s", async (line) => {
    const headers: Record<string, string> = JSON.parse(line);
    const json = { accept: "application/json", "sec-fetch-mode": "cors", ...headers };
    const stranger = await new Browser().request(gatehouse.url(WIKI, "/page"), { headers: json });
    expect(stranger.status).toBe(401);
    const post = await new Browser().request(gatehouse.url(WIKI, "/healthz"), { headers: json, method: "POST" });
    expect(post.status).toBe(401);
    expect((await alice.request(gatehouse.url(WIKI, "/admin/x"), { headers: json })).status).toBe(403);
    const page = await alice.request(gatehouse.url(WIKI, "/page"), { headers: json });
    expect(page.status).toBe(200);
    const seen = JSON.parse(page.body);
    expect([seen.user, seen.email, seen.groups]).toEqual(["id-of-alice", "alice@example.com", "staff,admins"]);
    expect(seen.headers["x-forwarded-host"]).toBe(`${WIKI}:${gatehouse.port}`);
    expect(seen.headers["x-forwarded-proto"]).toBe("http");
    expect(seen.headers["x-forwarded-for"]).toBe("127.0.0.1");
    const identities = Object.entries<string>(seen.headers).filter(([, value]) => /^admin(?:@|$)/.test(value));
    expect(identities).toEqual([]);
    const anonymous = await new Browser().request(gatehouse.url(OPEN, "/"), { headers: json });
    const told = JSON.parse(anonymous.body);
    expect([anonymous.status, told.user, told.email, told.groups]).toEqual([200, "", "", ""]);
  });
});
