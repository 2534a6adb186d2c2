import { describe, expect, test } from "bun:test";

import type { OAuth2ProxyPagesConfiguration } from "../../config/oauth2-proxy-configuration.ts";
import { createLog } from "../../telemetry/create-log.ts";
import { createPages } from "../create-pages.ts";
import { createOriginalPages, type OriginalPages, type OriginalPagesOptions } from "./create-original-pages.ts";

const PAGES: OAuth2ProxyPagesConfiguration = {
  templatesDir: "",
  banner: "",
  footer: "",
  logo: "",
  providerName: "OpenID Connect",
  showDebugOnError: false,
};

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly pages?: Partial<OAuth2ProxyPagesConfiguration>;
  readonly options?: Partial<OriginalPagesOptions>;
}

function make({ files = {}, pages = {}, options = {} }: Given = {}): OriginalPages & { readonly lines: string[] } {
  const lines: string[] = [];
  const readFile = (path: string): Uint8Array => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
    return new TextEncoder().encode(text);
  };
  const log = createLog({ format: "json", level: "info", write: (line) => lines.push(line) });
  const native = createPages({ branding: { name: "Gatehouse" }, readFile, pathPrefix: "/oauth2/static" });
  const made = createOriginalPages(
    { readFile, log, pages: native },
    { pages: { ...PAGES, ...pages }, pathPrefix: "/oauth2", showPasswordForm: false, emailDomains: ["*"], ...options },
  );
  return { ...made, lines };
}

const REQUEST = new Request("https://app.example.com/x");
const SIGN_IN = { status: 200, redirect: "/", setCookies: [] };
const ERROR = { status: 403, redirect: "/", requestId: "r1", setCookies: [] };

/** The words of a page, one for each piece of text. */
async function words(response: Response): Promise<readonly string[]> {
  const markup = (await response.text()).replace(/<(script|title)\b[^]*?<\/\1>/g, "");
  return markup
    .split(/<[^>]*>/)
    .map((text) => text.replace(/\s+/g, " ").trim().replaceAll("&amp;", "&").replaceAll("&#39;", "'"))
    .filter((text) => text !== "");
}

/** Method, action and named fields of each form. */
async function forms(response: Response): Promise<readonly string[]> {
  const markup = await response.text();
  return [...markup.matchAll(/<form[^>]*method="(\w+)" action="([^"]*)"[^>]*>([^]*?)<\/form>/g)].map(
    ([, method, action, inner = ""]) =>
      [method, action, ...[...inner.matchAll(/<input\b[^]*?\/>/g)].map(([input]) => field(input))].join(" "),
  );
}

function field(input: string): string {
  const read = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(input)?.[1] ?? "";
  return `${read("type")}:${read("name")}=${read("value")}`;
}

const FOOTER = ["Secured with", "Gatehouse", "."];

describe("our own pages have the original's forms", () => {
  test("the button to the provider, and the password form where there is one", async () => {
    const view = { ...SIGN_IN, redirect: '/x?y=1&z="' };
    expect(await forms(make().signIn(REQUEST, view))).toEqual(["get /oauth2/start hidden:rd=/x?y=1&amp;z=&quot;"]);
    expect(
      await forms(make({ options: { showPasswordForm: true } }).signIn(REQUEST, { ...SIGN_IN, redirect: "/z" })),
    ).toEqual([
      "get /oauth2/start hidden:rd=/z",
      "post /oauth2/sign_in hidden:rd=/z text:username= password:password=",
    ]);
  });

  test("the two ways on from an error, of which one is offered only where there is a place to go", async () => {
    expect(await forms(make().error(REQUEST, { ...ERROR, redirect: "/back" }))).toEqual([
      "get /back",
      "get /oauth2/sign_in hidden:rd=/back",
    ]);
    expect(await forms(make().error(REQUEST, { ...ERROR, redirect: "" }))).toEqual([]);
  });

  test("the way back keeps the query, which a form would lose", async () => {
    expect(
      await make()
        .error(REQUEST, { ...ERROR, redirect: "/x?y=1" })
        .text(),
    ).toContain('class="button" href="/x?y=1"');
  });

  test("a prefix may be empty or odd", async () => {
    expect(await forms(make({ options: { pathPrefix: "" } }).signIn(REQUEST, SIGN_IN))).toEqual([
      "get /start hidden:rd=/",
    ]);
    expect(await forms(make({ options: { pathPrefix: "/a/b/" } }).signIn(REQUEST, SIGN_IN))).toEqual([
      "get /a/b//start hidden:rd=/",
    ]);
  });
});

describe("our own pages say what the original's say", () => {
  test.each<[string, Given, readonly string[]]>([
    ["nothing by default", {}, ["Sign in with OpenID Connect", ...FOOTER]],
    [
      "the domains",
      { options: { emailDomains: ["example.com", "b.test"] } },
      [
        "Authenticate using one of the following domains: example.com, b.test",
        "Sign in with OpenID Connect",
        ...FOOTER,
      ],
    ],
    [
      "the one domain",
      { options: { emailDomains: ["example.com"] } },
      ["Authenticate using example.com", "Sign in with OpenID Connect", ...FOOTER],
    ],
    [
      "the operator's HTML",
      { pages: { banner: "Hello <b>you</b>", footer: "Foot <i>note</i>", providerName: "My & Co" } },
      ["Hello", "you", "Sign in with My & Co", "Foot", "note"],
    ],
    [
      "nothing where that is wanted",
      { pages: { banner: "-", footer: "-", logo: "-" }, options: { emailDomains: ["example.com"] } },
      ["Sign in with OpenID Connect"],
    ],
  ])("on the sign-in page: %s", async (_name, given, expected) => {
    expect(await words(make(given).signIn(REQUEST, SIGN_IN))).toEqual(expected);
  });

  test.each([
    [400, "400: Username cannot be empty"],
    [401, "401: Invalid Username or Password"],
  ])("after a try that failed with %i", async (status, text) => {
    const page = make({ options: { showPasswordForm: true } }).signIn(REQUEST, { ...SIGN_IN, status });
    expect(page.status).toBe(status);
    expect(await words(page)).toEqual([
      "Sign in with OpenID Connect",
      "Username",
      "Password",
      "Sign in",
      "×",
      text,
      ...FOOTER,
    ]);
  });

  test.each([
    [401, "Unauthorized", "You need to be logged in to access this resource."],
    [403, "Forbidden", "You do not have permission to access this resource."],
    [404, "Not Found", "We could not find the resource you were looking for."],
    [
      500,
      "Internal Server Error",
      "Oops! Something went wrong. For more information contact your server administrator.",
    ],
    [502, "Bad Gateway", "There was a problem connecting to the upstream server."],
  ])("of an error %i", async (status, title, message) => {
    expect(await words(make().error(REQUEST, { ...ERROR, status }))).toEqual([
      String(status),
      title,
      "More Info",
      message,
      "Request ID: r1",
      "Go back",
      "Sign in",
      ...FOOTER,
    ]);
  });

  test("and show the cause of an error only when debugging", async () => {
    const view = { ...ERROR, message: "Public words.", cause: "inner words" };
    const quiet = await words(make().error(REQUEST, view));
    expect(quiet).toContain("Public words.");
    expect(quiet).not.toContain("inner words");
    expect(await words(make({ pages: { showDebugOnError: true } }).error(REQUEST, view))).toContain("inner words");
  });

  test("in the browser's language", async () => {
    const german = new Request("https://app.example.com/", { headers: { "Accept-Language": "de" } });
    expect(await words(make().signIn(german, SIGN_IN))).toContain("Anmelden mit OpenID Connect");
  });
});

describe("what may run on a page", () => {
  function policy(given: Given): string {
    return make(given).signIn(REQUEST, SIGN_IN).headers.get("content-security-policy") ?? "";
  }

  test("is our one script, and no style or image from elsewhere", () => {
    expect(policy({})).toMatch(
      /^default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'sha256-[^']+'; frame-ancestors 'none'; base-uri 'none'$/,
    );
  });

  test("grows with what the operator brings along", () => {
    expect(policy({ pages: { logo: "https://cdn.example.com/l.png?a=1" } })).toContain(
      "img-src 'self' data: https://cdn.example.com;",
    );
    expect(policy({ pages: { banner: "<b style='color:red'>x</b>" } })).toContain(
      "style-src 'self' 'unsafe-inline' https:;",
    );
    expect(policy({ pages: { banner: "<b style='color:red'>x</b>" } })).toContain("script-src 'sha256-");
    expect(policy({ pages: { footer: "<script>track()</script>" } })).toContain("script-src 'unsafe-inline' https:;");
  });

  test("does not grow with what a client sends", async () => {
    const hostile = `"><script>alert(1)</script>`;
    const sign = make({ options: { showPasswordForm: true } }).signIn(REQUEST, {
      ...SIGN_IN,
      redirect: hostile,
      problem: hostile,
    });
    expect(sign.headers.get("content-security-policy")).not.toContain("unsafe");
    expect(await sign.text()).not.toContain("<script>alert");
    const error = make().error(REQUEST, {
      ...ERROR,
      redirect: "javascript:alert(1)",
      message: hostile,
      requestId: hostile,
    });
    const text = await error.text();
    expect(text).not.toContain("<script>alert");
    expect(text).not.toMatch(/(?:href|action)="javascript:/);
  });
});

describe("the operator's own templates", () => {
  const SIGN_IN_HTML =
    '{{define "sign_in.html"}}{{.ProviderName}}|{{.SignInMessage}}|{{.StatusCode}}|{{.CustomLogin}}|{{.Redirect}}|{{.ProxyPrefix}}|{{.Footer}}|{{.LogoData}}|{{ToUpper "up"}}|{{.Version | len | printf "%T"}}{{end}}';
  const ERROR_HTML =
    '{{define "error.html"}}{{.Title}}|{{.Message}}|{{.ProxyPrefix}}|{{.StatusCode}}|{{.Redirect}}|{{.RequestID}}|{{.Footer}}{{end}}';
  const GIVEN: Given = {
    files: {
      "/t/sign_in.html": SIGN_IN_HTML,
      "/t/error.html": ERROR_HTML,
      "/t/robots.txt": "User-agent: mine\n",
      "/l.svg": "<svg/>",
    },
    pages: {
      templatesDir: "/t",
      banner: "Hello <b>you</b>",
      footer: "<i>foot</i>",
      providerName: "My & Co",
      logo: "/l.svg",
    },
  };

  test("have every field", async () => {
    const pages = make(GIVEN);
    expect(await pages.signIn(REQUEST, { ...SIGN_IN, redirect: '/a?b="><x' }).text()).toBe(
      "My &amp; Co|Hello <b>you</b>|200|false|/a?b=&#34;&gt;&lt;x|/oauth2|<i>foot</i>|<svg/>|UP|int",
    );
    expect(
      await pages.error(REQUEST, { ...ERROR, redirect: '/back"', requestId: "<id>", message: "<script>" }).text(),
    ).toBe("Forbidden|&lt;script&gt;|/oauth2|403|/back&#34;|&lt;id&gt;|<i>foot</i>");
    expect(await pages.robots().text()).toBe("User-agent: mine\n");
  });

  test("are HTML only when they begin like it", () => {
    const page = (template: string): string | null =>
      make({ files: { "/t/sign_in.html": template }, pages: { templatesDir: "/t" } })
        .signIn(REQUEST, SIGN_IN)
        .headers.get("content-type");
    expect(page("words")).toBe("text/plain; charset=utf-8");
    expect(page("\n <!DOCTYPE html><html>")).toBe("text/html; charset=utf-8");
    expect(page("<div class=x>")).toBe("text/html; charset=utf-8");
    expect(page("<divine>")).toBe("text/plain; charset=utf-8");
  });

  test("run their own scripts, in no frame of another site", () => {
    const policy = make(GIVEN).signIn(REQUEST, SIGN_IN).headers.get("content-security-policy");
    expect(policy).toContain("'unsafe-inline'");
    expect(policy).toContain("frame-ancestors 'self'");
  });

  test("may be missing: then it is our own page, and the log says so", async () => {
    const pages = make({ ...GIVEN, files: { "/t/error.html": ERROR_HTML, "/l.svg": "<svg/>" } });
    expect(await words(pages.signIn(REQUEST, SIGN_IN))).toContain("Sign in with My & Co");
    expect(await pages.error(REQUEST, ERROR).text()).toStartWith("Forbidden|");
    expect(await pages.robots().text()).toBe("User-agent: *\nDisallow: /\n");
    expect(pages.lines.join()).toContain("/t/sign_in.html");
  });

  test("that fail are our own page, with its status, and the log says where", async () => {
    const pages = make({ ...GIVEN, files: { ...GIVEN.files, "/t/sign_in.html": "<p>\n{{.Nope}}" } });
    const page = pages.signIn(REQUEST, { ...SIGN_IN, status: 403 });
    expect(page.status).toBe(403);
    expect(await words(page)).toContain("Sign in with My & Co");
    expect(pages.lines.join()).toContain("template: sign_in.html:2: can't evaluate field Nope");
  });

  test("that cannot be parsed end the start, naming the option, file and line", () => {
    expect(() => make({ ...GIVEN, files: { ...GIVEN.files, "/t/error.html": "\n{{nope}}" } })).toThrow(
      'custom-templates-dir: error loading templates: failed to parse a template in /t: template: error.html:2: function "nope" not defined',
    );
  });

  test("find the style sheets that they refer to", async () => {
    for (const path of ["css/bulma.min.css", "css/all.min.css"]) {
      const sheet = make().asset(path);
      expect(sheet?.headers.get("content-type")).toBe("text/css; charset=utf-8");
      expect(await sheet?.text()).toContain(".button.is-primary");
    }
    expect(make().asset("css/other.css")).toBeUndefined();
    expect(make().asset("")).toBeUndefined();
  });
});

describe("the logo", () => {
  const TEMPLATE = '{{define "sign_in.html"}}[{{.LogoData}}]{{end}}';
  const files = { "/t/sign_in.html": TEMPLATE, "/l.svg": "<svg onload='x()'/>", "/l.PNG": "PNGDATA", "/l.jpeg": "JPG" };

  test.each([
    ["/l.svg", "[<svg onload='x()'/>]"],
    ["/l.PNG", '[<img src="data:image/png;base64,UE5HREFUQQ==" alt="Logo" />]'],
    ["/l.jpeg", '[<img src="data:image/jpeg;base64,SlBH" alt="Logo" />]'],
    ["https://cdn.example.com/l.png?a=1&b=2", '[<img src="https://cdn.example.com/l.png?a=1&b=2" alt="Logo" />]'],
    ['https://cdn.example.com/"onload="x', '[<img src="https://cdn.example.com/%22onload=%22x" alt="Logo" />]'],
    ["-", "[]"],
  ])("%s in a template", async (logo, expected) => {
    expect(
      await make({ files, pages: { templatesDir: "/t", logo } })
        .signIn(REQUEST, SIGN_IN)
        .text(),
    ).toBe(expected);
  });

  test("is an image on our own pages, in which an SVG runs nothing", async () => {
    const text = await make({ files, pages: { logo: "/l.svg" } })
      .signIn(REQUEST, SIGN_IN)
      .text();
    expect(text).toContain('<img src="data:image/svg+xml;base64,');
    expect(text).not.toContain("onload");
  });

  test.each([
    ["/l.gif", 'custom-sign-in-logo: unknown extension: ".gif"'],
    ["/none.png", "custom-sign-in-logo: could not read logo file /none.png"],
  ])("that cannot be used ends the start: %s", (logo, message) => {
    expect(() => make({ files, pages: { logo } })).toThrow(message);
  });
});

test("cookies go out with every page, each by itself", () => {
  const setCookies = ["a=; Max-Age=0", "b=; Max-Age=0"];
  expect(
    make()
      .signIn(REQUEST, { ...SIGN_IN, setCookies })
      .headers.getSetCookie(),
  ).toEqual(setCookies);
  expect(
    make()
      .error(REQUEST, { ...ERROR, setCookies })
      .headers.getSetCookie(),
  ).toEqual(setCookies);
});
