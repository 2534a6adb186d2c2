import { describe, expect, test } from "bun:test";

import { formsOf } from "../../test/support/browser.ts";
import { SAMPLE_PAGES, SAMPLE_ROUTES } from "../../test/support/page-samples.ts";
import { createPages, type PagesOptions } from "./create-pages.ts";
import { renderHelloPage } from "./hello-page.ts";
import { LANGUAGES } from "./language.ts";
import type { ErrorModel, Pages, PasswordForm } from "./pages.ts";

const HOSTILE = `"><script>alert('x')</script><b a='`;

const REQUEST = new Request("https://auth.example.com/x");
const GERMAN = new Request(REQUEST, { headers: { "accept-language": "de" } });
const FORM: PasswordForm = {
  action: "/oauth2/sign_in",
  prompt: "Email Address",
  usernameField: "login",
  username: "",
  hidden: { rd: "/a?b=1&c=2" },
};
const ERROR: ErrorModel = { status: 400, code: "bad_request", message: "No client_id.", requestId: "id-1" };

function make(options: Partial<PagesOptions> = {}): Pages {
  return createPages({
    branding: { name: "Gatehouse" },
    readFile: () => new Uint8Array(),
    pathPrefix: "/oauth2/static",
    ...options,
  });
}

const open = async (response: Response): Promise<{ status: number; headers: Headers; body: string }> => ({
  status: response.status,
  headers: response.headers,
  body: await response.text(),
});

const ours = Object.entries(SAMPLE_PAGES).filter(([name]) => name !== "hello");

describe("every page", () => {
  test.each(ours)(
    "%s has a policy that forbids script, inline style, frames and other hosts",
    async (_name, render) => {
      const { headers, body } = await open(render(REQUEST));
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("same-origin");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(body).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=/i);
      expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    },
  );

  test.each(Object.entries(SAMPLE_PAGES))("%s has one h1, one main and a language", async (_name, render) => {
    const english = await open(render(REQUEST));
    expect(english.body.match(/<h1\b/g)).toHaveLength(1);
    expect(english.body.match(/<main\b/g)).toHaveLength(1);
    expect(english.body).toContain('<html lang="en" dir="ltr">');
    const german = await open(render(GERMAN));
    expect(german.body).toContain('<html lang="de" dir="ltr">');
    expect(german.headers.get("content-language")).toBe("de");
    expect(german.headers.get("vary")).toBe("Accept-Language");
  });
});

describe("hostile values", () => {
  const pages = make({ branding: { name: HOSTILE, footer: HOSTILE } });
  const hidden = { [HOSTILE]: HOSTILE };
  const form: PasswordForm = { ...FORM, hidden, username: HOSTILE, prompt: HOSTILE, action: `/${HOSTILE}` };
  const connector = { id: "a", name: HOSTILE, type: HOSTILE, href: `/${HOSTILE}`, lastUsed: true };
  const rendered: Readonly<Record<string, Response>> = {
    "sign-in": pages.signIn(REQUEST, {
      status: 200,
      application: HOSTILE,
      connectors: [
        { ...connector, reachable: true },
        { ...connector, reachable: false },
      ],
      forms: [form],
      backHref: `/${HOSTILE}`,
    }),
    approval: pages.approval(REQUEST, {
      clientName: HOSTILE,
      clientLogoUrl: `https://logo.example.com/${HOSTILE}`,
      scopes: [HOSTILE, `audience:server:client_id:${HOSTILE}`],
      userName: HOSTILE,
      hidden,
    }),
    error: pages.error(REQUEST, { ...ERROR, message: HOSTILE, requestId: HOSTILE, startAgainHref: `/${HOSTILE}` }),
    "unknown error": pages.error(REQUEST, { ...ERROR, code: HOSTILE, message: HOSTILE }),
    "sign-out": pages.signOut(REQUEST, { action: `/${HOSTILE}`, userName: HOSTILE, hidden }),
    "signed-out": pages.signedOut(REQUEST, { signInHref: `/${HOSTILE}` }),
    device: pages.device(REQUEST, { status: 200, action: `/${HOSTILE}`, userCode: HOSTILE }),
    "device done": pages.deviceDone(REQUEST, { clientName: HOSTILE }),
    "out of band": pages.outOfBand(REQUEST, { code: HOSTILE }),
    hello: renderHelloPage(REQUEST, {
      method: HOSTILE,
      target: HOSTILE,
      user: HOSTILE,
      email: HOSTILE,
      groups: HOSTILE,
      headers: [[HOSTILE, HOSTILE]],
      signOutHref: `/${HOSTILE}`,
    }),
  };

  test.each(Object.entries(rendered))("stay text on the page %s", async (_name, response) => {
    const { body } = await open(response);
    expect(body).not.toContain("<script");
    expect(body).not.toContain("<b a=");
    expect(body).toContain("&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  });

  test("cannot become links that run", async () => {
    const evil = "java\tscript:alert(1)";
    const bodies = await Promise.all(
      [
        pages.signIn(REQUEST, {
          status: 200,
          connectors: [{ id: "a", name: "A", type: "oidc", href: evil, reachable: true, lastUsed: false }],
          forms: [{ ...FORM, action: evil }],
          backHref: evil,
        }),
        pages.error(REQUEST, { ...ERROR, startAgainHref: evil, backHref: evil }),
        pages.signedOut(REQUEST, { signInHref: evil }),
        pages.signOut(REQUEST, { action: evil, userName: "a", hidden: {} }),
        make({ homeHref: evil }).signedOut(REQUEST, {}),
        renderHelloPage(REQUEST, {
          method: "GET",
          target: "/",
          user: "",
          email: "",
          groups: "",
          headers: [],
          signOutHref: evil,
        }),
      ].map(async (response) => await response.text()),
    );
    expect(bodies.filter((body) => body.includes("script:"))).toEqual([]);
  });
});

describe("the sign-in page", () => {
  test("carries the form as given", async () => {
    const { body, status } = await open(make().signIn(REQUEST, { status: 401, connectors: [], forms: [FORM] }));
    expect(status).toBe(401);
    expect(
      formsOf({ body, url: "https://auth.example.com/x", status, headers: new Headers(), location: undefined }),
    ).toEqual([
      {
        action: "https://auth.example.com/oauth2/sign_in",
        method: "post",
        fields: { rd: "/a?b=1&c=2", login: "", password: "" },
      },
    ]);
    expect(body).toContain('autocomplete="username"');
    expect(body).toContain('autocomplete="current-password"');
    expect(body).not.toContain('role="alert"');
  });

  test.each([
    ["wrong-credentials", "That did not match."],
    ["throttled", "Too many wrong tries."],
    ["unreachable", "the directory did not answer"],
  ] as const)("announces the problem %s and keeps the user name", async (problem, text) => {
    const forms = [FORM, { ...FORM, username: "alice&bob", problem }];
    const { body } = await open(make().signIn(REQUEST, { status: 401, connectors: [], forms }));
    const alert = /<p class="alert" role="alert" id="problem-1">([^<]*)<\/p>/.exec(body)?.[1];
    expect(alert).toContain(text);
    expect(body).toContain('value="alice&amp;bob"');
    expect(body.match(/autofocus/g)).toHaveLength(1);
    expect(body).toMatch(/id="password-1"[^>]* autofocus aria-describedby="problem-1"/);
  });

  test("translates the labels that are there by default, and leaves the operator's own", async () => {
    const forms = [FORM, { ...FORM, prompt: "Personalnummer" }];
    const { body } = await open(make().signIn(GERMAN, { status: 200, connectors: [], forms }));
    expect(body).toContain(">E-Mail-Adresse</label>");
    expect(body).toContain(">Personalnummer</label>");
    expect(body).toContain(">Passwort</label>");
    expect(body).toMatch(/id="user-0"[^>]* inputmode="email"/);
    expect(body).not.toMatch(/id="user-1"[^>]* inputmode/);
  });

  test("links to connectors, except to those that do not answer", async () => {
    const { body } = await open(SAMPLE_PAGES["sign-in-choice"]!(REQUEST));
    expect(body).toMatch(/<a class="choice" href="\/start\?c=github"\s*>[^]*Continue with GitHub[^]*Last used/);
    expect(body).toContain('href="/start?c=corp"');
    expect(body).not.toContain('href="/start?c=partner"');
    expect(body).toMatch(/aria-disabled="true">[^]*Continue with Partner[^]*Not reachable at the moment/);
    expect(body).toContain("to continue to <b>wiki.example.com</b>");
    expect(body.match(/Last used/g)).toHaveLength(1);
  });

  test("says so when there is no way in", async () => {
    const { body } = await open(make().signIn(REQUEST, { status: 200, connectors: [], forms: [] }));
    expect(body).toContain("No way to sign in has been set up yet.");
  });
});

describe("the approval page", () => {
  const model = {
    clientName: "Dashboard",
    scopes: ["openid", "offline_access", "audience:server:client_id:api", "constructor"],
    userName: "alice",
    hidden: { req: "r1" },
  };

  test("has two forms to its own address, and the scopes in words", async () => {
    const { body, headers } = await open(make().approval(REQUEST, model));
    const forms = formsOf({
      body,
      url: "https://auth.example.com/approval?req=r1",
      status: 200,
      headers,
      location: undefined,
    });
    expect(forms).toEqual([
      {
        action: "https://auth.example.com/approval?req=r1",
        method: "post",
        fields: { req: "r1", approval: "approve" },
      },
      {
        action: "https://auth.example.com/approval?req=r1",
        method: "post",
        fields: { req: "r1", approval: "rejected" },
      },
    ]);
    const items = [...body.matchAll(/<li>([^<]*)<\/li>/g)].map(([, text]) => text);
    expect(items).toEqual([
      "Know that it is you",
      "Keep its access while you are away",
      "Act as you at api",
      "Use “constructor”",
    ]);
  });

  test.each([
    ["https://logo.example.com/a.png", "'self' https://logo.example.com", true],
    ["data:image/png;base64,AA==", "'self' data:", true],
    ["http://logo.example.com/a.png", "'self'", false],
    ["https://logo.example.com;sandbox/a.png", "'self'", false],
    ["https://logo.example.com,sandbox/a.png", "'self'", false],
    ["data:text/html,x", "'self'", false],
    ["javascript:alert(1)", "'self'", false],
  ])("shows the logo %s from %s", async (clientLogoUrl, source, shown) => {
    const { body, headers } = await open(make().approval(REQUEST, { ...model, clientLogoUrl }));
    expect(headers.get("content-security-policy")).toContain(`img-src ${source};`);
    expect(body.includes('class="client"')).toBe(shown);
  });
});

describe("the error page", () => {
  test("says what, why, what to do, and the request id", async () => {
    const { body, status, headers } = await open(
      make().error(REQUEST, {
        status: 503,
        code: "store_unreachable",
        message: "secretless",
        requestId: "id-77",
        retryAfterSeconds: 10,
      }),
    );
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("10");
    expect(body).toContain("<h1>Not available right now</h1>");
    expect(body).toContain("You have not been signed out.");
    expect(body).toContain("You can try again in 10 seconds.");
    expect(body).toContain("<code>id-77</code>");
    expect(body).toContain("Try again</a>");
  });

  test("keeps the status and shows an unknown code by it, and the message in its own language", async () => {
    const model = { status: 415, code: "no_such_code", message: "Only JSON.", requestId: "r" };
    const { body, status, headers } = await open(make().error(GERMAN, model));
    expect(status).toBe(415);
    expect(headers.get("retry-after")).toBeNull();
    expect(body).toContain("<h1>Diese Art von Inhalt wird nicht angenommen</h1>");
    expect(body).toMatch(/<p class="why"\s+lang="en">Only JSON.<\/p>/);
  });

  test("knows a code only as its own", async () => {
    const { body } = await open(make().error(REQUEST, { ...ERROR, status: 418, code: "toString" }));
    expect(body).toContain("<h1>Error 418</h1>");
  });

  test("offers the ways on", async () => {
    const model = { ...ERROR, code: "not_allowed", status: 403, startAgainHref: "/start", backHref: "/home" };
    const { body } = await open(make().error(REQUEST, model));
    expect(body).toContain('<a class="button primary" href="/start">Use another account</a>');
    expect(body).toContain('<a class="button" href="/home">Go back</a>');
  });

  test("has titles of its own in every language", () => {
    for (const { error } of LANGUAGES) {
      for (const words of Object.values(error.codes)) {
        expect([words.title, words.why, words.what].filter((text) => text.trim() === "")).toEqual([]);
      }
    }
  });
});

describe("static files", () => {
  const peer = { address: () => "" };
  const fetchStatic = async (pages: Pages, type: string): Promise<Response[]> =>
    (await Promise.all(pages.routes.map(async (route) => await route.handle(REQUEST, peer, {})))).filter((response) =>
      response.headers.get("content-type")?.startsWith(type),
    );

  test("live under their hash and may be kept for ever", async () => {
    const { body } = await open(make().signedOut(REQUEST, {}));
    const hrefs = [...body.matchAll(/<link rel="(?:stylesheet|icon)" href="([^"]+)"/g)].map(([, href]) => href);
    expect(new Set(hrefs)).toEqual(new Set(make().routes.map(({ path }) => path)));
    for (const route of SAMPLE_ROUTES) {
      expect(route.path).toMatch(/^\/oauth2\/static\/[\da-f]{16}\.(?:css|svg)$/);
      expect(route.methods).toEqual(["GET", "HEAD"]);
      const response = await route.handle(REQUEST, peer, {});
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  test("change their address when the accent changes, and only then", () => {
    const paths = (accent: string): string[] =>
      make({ branding: { name: "G", accent } }).routes.map(({ path }) => path);
    expect(paths("#112233")).toEqual(paths("#112233"));
    expect(paths("#112233")).not.toEqual(paths("#112234"));
  });

  test("include the operator's logo and style sheet, after ours", async () => {
    const files: Readonly<Record<string, Uint8Array>> = {
      "/logo.png": new Uint8Array([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]),
      "/extra.css": new TextEncoder().encode("h1{color:red}"),
    };
    const pages = make({
      branding: { name: "ACME", logoFile: "/logo.png", stylesheetFile: "/extra.css", footer: "Ask IT" },
      readFile: (path) => files[path] ?? new Uint8Array(),
      homeHref: "/home",
    });
    const [logo] = await fetchStatic(pages, "image/png");
    expect([...new Uint8Array(await logo!.arrayBuffer())]).toEqual([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]);
    const [, extra] = await fetchStatic(pages, "text/css");
    expect(await extra?.text()).toBe("h1{color:red}");
    const { body } = await open(pages.signedOut(REQUEST, {}));
    const styles = [...body.matchAll(/rel="stylesheet" href="([^"]+)"/g)].map(([, href]) => href);
    expect(styles).toEqual(pages.routes.map(({ path }) => path).filter((path) => path.endsWith(".css")));
    expect(body).toContain("<p>Ask IT</p>");
    expect(body).toContain('<a href="/home">');
    expect(body).toContain("<span>ACME</span>");
  });

  test("a logo that is no PNG is served as an SVG that cannot run scripts", async () => {
    const pages = make({
      branding: { name: "ACME", logoFile: "/l.svg" },
      readFile: () => new TextEncoder().encode("<svg><script>1</script></svg>"),
    });
    const [svg] = await fetchStatic(pages, "image/svg+xml");
    expect(svg?.headers.get("content-security-policy")).toBe("default-src 'none'; style-src 'unsafe-inline'; sandbox");
  });
});

describe("the sample application's page", () => {
  const told = { method: "GET", target: "/", groups: "", headers: [] };
  test.each([
    [{ user: "CgVhZG1pbhIFbG9jYWw", email: "admin@example.com" }, "Hello, admin@example.com"],
    [{ user: "alice", email: "" }, "Hello, alice"],
    [{ user: "", email: "" }, "Hello, stranger"],
  ])("greets %p", async (identity, greeting) => {
    const { body } = await open(renderHelloPage(REQUEST, { ...told, ...identity }));
    expect(body).toContain(`<h1>${greeting}</h1>`);
  });
});
