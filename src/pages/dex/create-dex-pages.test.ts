import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createRouter } from "../../http/router.ts";
import { createPages } from "../create-pages.ts";
import type { Log } from "../../telemetry/log.ts";
import type { Pages } from "../pages.ts";
import { createDexPages } from "./create-dex-pages.ts";
import { relativeUrl } from "./relative-url.ts";
import { loadWebFolder } from "./web-folder.ts";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** An operator's theme, as small as one can be. */
const TEMPLATES: Readonly<Record<string, string>> = {
  "header.html":
    '<title>{{ issuer }}</title><link href="{{ url .ReqPath "static/main.css" }}"><img src="{{ url .ReqPath logo }}">',
  "footer.html": '<i>{{ extra "tos" }} {{ .ReqPath | trimPrefix "/dex" | upper }}</i>',
  "login.html":
    '{{ template "header.html" . }}{{ range $c := .Connectors }}<a href="{{ $c.URL }}" class="{{ $c.Type | lower }}">{{ $c.Name }}</a>{{ end }}{{ template "footer.html" . }}',
  "password.html":
    '<form method="post" action="{{ .PostURL }}"><input name="login" value="{{ .Username }}" placeholder="{{ .UsernamePrompt | lower }}">{{ if .Invalid }}wrong{{ end }}{{ if .BackLink }}<a href="{{ .BackLink }}">back</a>{{ end }}</form>',
  "approval.html":
    '{{ .Client }} for {{ .User }}:{{ range .Scopes }} [{{ . }}]{{ else }} nothing{{ end }}<input name="req" value="{{ .AuthReqID }}">',
  "error.html": '<h1>{{ .ErrType }}</h1><p>{{ .ErrMsg | default "?" }}</p>',
  "oob.html": "{{ .Code }}",
  "device.html": '<form action="{{ .PostURL }}"><input value="{{ .UserCode }}">{{ if .Invalid }}wrong{{ end }}</form>',
  "device_success.html": "{{ .ClientName }}",
};

function makeFolder(templates = TEMPLATES): string {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-web-"));
  folders.push(folder);
  for (const name of ["templates", "static/img", "themes/mine"]) mkdirSync(join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(templates)) writeFileSync(join(folder, "templates", name), text);
  writeFileSync(join(folder, "static/main.css"), "body{}");
  writeFileSync(join(folder, "themes/mine/styles.css"), ".mine{}");
  writeFileSync(join(folder, "robots.txt"), "User-agent: *\nDisallow: /mine\n");
  symlinkSync("/etc/hostname", join(folder, "static/outside.txt"));
  return folder;
}

function pagesOf(folder: string, lines: string[] = []): Pages {
  const frontend = {
    directory: folder,
    theme: "mine",
    issuer: "My <Company>",
    logoUrl: "theme/logo.png",
    extra: { tos: "T&C" },
  };
  const files = { readFile: (path: string) => readFileSync(path), readFolder: (path: string) => readdirSync(path) };
  const own = createPages({ branding: { name: "Own" }, readFile: files.readFile, pathPrefix: "/dex/static" });
  const write = (message: string): void => void lines.push(message);
  const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };
  return createDexPages({ own, folder: loadWebFolder(files, frontend, "/dex"), log }, "/dex");
}

const request = (path: string): Request => new Request(`http://id.test${path}`);
const PASSWORD_FORM = {
  action: "/dex/auth/local/login?state=x&back=",
  prompt: "Email Address",
  usernameField: "login",
  hidden: {},
} as const;

describe("pages of an operator's web folder", () => {
  const pages = pagesOf(makeFolder());

  test("offer the connectors, with relative addresses and the operator's own words", async () => {
    const choice = {
      id: "gh",
      name: "GitHub <b>",
      type: "GitHub",
      href: "/dex/auth/gh?a=b&c=d",
      reachable: true,
      lastUsed: false,
    };
    const page = pages.signIn(request("/dex/auth"), { status: 200, connectors: [choice], forms: [] });
    expect(await page.text()).toBe(
      '<title>My &lt;Company&gt;</title><link href="static/main.css"><img src="theme/logo.png">' +
        '<a href="/dex/auth/gh?a=b&amp;c=d" class="github">GitHub &lt;b&gt;</a><i>T&amp;C /AUTH</i>',
    );
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  });

  test("show the password form again after a wrong try", async () => {
    const form = { ...PASSWORD_FORM, username: 'a"b', problem: "wrong-credentials" } as const;
    const model = { status: 401, connectors: [], forms: [form], backHref: "/dex/auth?x=y" };
    const page = pages.signIn(request("/dex/auth/local/login"), model);
    expect(page.status).toBe(401);
    expect(await page.text()).toBe(
      '<form method="post" action="/dex/auth/local/login?state=x&amp;back="><input name="login" value="a&#34;b" placeholder="email address">wrong<a href="/dex/auth?x=y">back</a></form>',
    );
  });

  test("name the scopes in dex's words, sorted", async () => {
    const model = { clientName: "App", userName: "Ann", hidden: { req: "r1" } };
    const asked = pages.approval(request("/dex/approval"), {
      ...model,
      scopes: ["openid", "profile", "email", "federated:id"],
    });
    expect(await asked.text()).toBe(
      'App for Ann: [View basic profile information] [View your email address]<input name="req" value="r1">',
    );
    const nothing = pages.approval(request("/dex/approval"), { ...model, scopes: ["openid"] });
    expect(await nothing.text()).toContain("App for Ann: nothing");
  });

  test("say errors, codes and devices", async () => {
    const error = pages.error(request("/dex/x"), { status: 404, code: "x", message: "Gone <away>", requestId: "1" });
    expect([error.status, await error.text()]).toEqual([404, "<h1>Not Found</h1><p>Gone &lt;away&gt;</p>"]);
    expect(await pages.outOfBand(request("/dex/x"), { code: "c0de" }).text()).toBe("c0de");
    expect(await pages.deviceDone(request("/dex/x"), { clientName: "TV" }).text()).toBe("TV");
    const device = {
      status: 400,
      action: "/dex/device/auth/verify_code",
      userCode: "AB-CD",
      problem: "wrong-code",
    } as const;
    expect(await pages.device(request("/dex/device"), device).text()).toBe(
      '<form action="/dex/device/auth/verify_code"><input value="AB-CD">wrong</form>',
    );
  });

  test("files are served as they are, and nothing outside", async () => {
    const route = createRouter(pages.routes, () => new Response("none", { status: 404 }));
    const get = async (path: string): Promise<[number, string]> => {
      const answer = await route(request(path), { address: () => "127.0.0.1" });
      return [answer.status, await answer.text()];
    };
    expect(await get("/dex/static/main.css")).toEqual([200, "body{}"]);
    expect(await get("/dex/theme/styles.css")).toEqual([200, ".mine{}"]);
    expect(await get("/dex/robots.txt")).toEqual([200, "User-agent: *\nDisallow: /mine\n"]);
    for (const path of [
      "/dex/static/",
      "/dex/static/img",
      "/dex/static/..%2frobots.txt",
      "/dex/static/outside.txt",
      "/dex/static/%00",
    ]) {
      expect([path, (await get(path))[0]]).toEqual([path, 404]);
    }
  });
});

test("the issuer's own address shows the operator's template where there is one", async () => {
  const model = { issuer: "https://id.test/dex", discoveryHref: "/dex/discovery" };
  const lines: string[] = [];
  const without = await pagesOf(makeFolder(), lines).home(request("/dex"), model).text();
  expect(without).toContain("<code>https://id.test/dex</code>");
  expect(without).toContain('href="/dex/discovery"');
  expect(lines).toEqual([]);
  const template = "{{ if .LoggedIn }}{{ .Username }}{{ else }}<a href='{{ .DiscoveryURL }}'>nobody</a>{{ end }}";
  const own = pagesOf(makeFolder({ ...TEMPLATES, "home.html": template })).home(request("/dex"), model);
  expect(await own.text()).toBe("<a href='/dex/discovery'>nobody</a>");
});

test("a template that fails gives our own page, and the log says which", async () => {
  const lines: string[] = [];
  const pages = pagesOf(makeFolder({ ...TEMPLATES, "oob.html": "{{ .Nothing }}" }), lines);
  expect(await pages.outOfBand(request("/dex/x"), { code: "c0de" }).text()).toContain("<!doctype html>");
  expect(lines).toEqual(["a template failed; our own page is shown instead"]);
});

test.each([
  [{ "login.html": "{{ nosuch }}" }, /login\.html.*nosuch/s],
  [{ "login.html": "{{ if }}" }, /login\.html/],
])("a template that cannot be parsed stops the start: %j", (templates, message) => {
  expect(() => pagesOf(makeFolder({ ...TEMPLATES, ...templates }))).toThrow(message);
});

test("missing templates are named", () => {
  const { "oob.html": _oob, "device.html": _device, ...rest } = TEMPLATES;
  expect(() => pagesOf(makeFolder(rest))).toThrow("frontend.dir: missing template(s): [oob.html device.html]");
});

test.each([
  ["/dex", "/dex/auth/local/login", "static/main.css", "../../static/main.css"],
  ["/dex", "/dex/auth", "static/main.css", "static/main.css"],
  ["/dex", "/dex", "static/main.css", "static/main.css"],
  ["", "/auth/local", "theme/logo.png", "../theme/logo.png"],
  ["/dex", "/dex/auth", "https://cdn.test/logo.png", "https://cdn.test/logo.png"],
])("the address of an asset: issuer %p, page %p, %p → %p", (root, page, asset, expected) => {
  expect(relativeUrl(root, page, asset)).toBe(expected);
});
