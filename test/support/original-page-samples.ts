import type { OAuth2ProxyPagesConfiguration } from "../../src/config/oauth2-proxy-configuration.ts";
import { createOriginalPages, type OriginalPages } from "../../src/pages/oauth2-proxy/create-original-pages.ts";
import { createLog } from "../../src/telemetry/create-log.ts";
import { SAMPLE_ROUTES } from "./page-samples.ts";

const OWN_TEMPLATE = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Example Corp</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{{.ProxyPrefix}}/static/css/bulma.min.css"></head>
<body class="has-background-light"><section class="section"><div class="box block"><h1 class="title">Example Corp</h1>
<form method="GET" action="{{.ProxyPrefix}}/start"><input type="hidden" name="rd" value="{{.Redirect}}">
{{ if .SignInMessage }}<p class="block">{{.SignInMessage}}</p>{{ end }}
<button type="submit" class="button block is-primary">Sign in with {{.ProviderName}}</button></form></div></section></body></html>`;

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="120" height="40" rx="8" fill="#7a2e8e"/>
<text x="60" y="26" font-family="sans-serif" font-size="18" text-anchor="middle" fill="#fff">Example</text></svg>`;

const FILES: Readonly<Record<string, string>> = { "/own/sign_in.html": OWN_TEMPLATE, "/logo.svg": LOGO };

function make(pages: Partial<OAuth2ProxyPagesConfiguration>, showPasswordForm: boolean): OriginalPages {
  return createOriginalPages(
    {
      readFile: (path) => {
        const text = FILES[path];
        if (text === undefined) throw Object.assign(new Error(path), { code: "ENOENT" });
        return new TextEncoder().encode(text);
      },
      log: createLog({ format: "json", level: "error" }),
      pages: { routes: SAMPLE_ROUTES },
    },
    {
      pages: {
        templatesDir: "",
        banner: "",
        footer: "",
        logo: "",
        providerName: "OpenID Connect",
        showDebugOnError: false,
        ...pages,
      },
      pathPrefix: "/oauth2",
      showPasswordForm,
      emailDomains: ["example.com"],
    },
  );
}

const plain = make({}, false);
const form = make({}, true);
const decorated = make(
  {
    banner: "Staff only. <b>Ask the service desk</b> for access.",
    footer: "Operated by Example Corp IT",
    logo: "/logo.svg",
  },
  true,
);
const own = make({ templatesDir: "/own" }, false);

const SIGN_IN = { status: 200, redirect: "/page?a=1", setCookies: [] };
const FAILURE = { redirect: "/page?a=1", requestId: "0b3ae0b6-1111-4222-8333-444455556666", setCookies: [] };

/** The drop-in's pages, as people see them on an ordinary day; by name. */
export const ORIGINAL_SAMPLE_PAGES: Readonly<Record<string, (request: Request) => Response>> = {
  "drop-in-sign-in": (request) => plain.signIn(request, SIGN_IN),
  "drop-in-password": (request) => form.signIn(request, SIGN_IN),
  "drop-in-wrong": (request) => form.signIn(request, { ...SIGN_IN, status: 401 }),
  "drop-in-decorated": (request) => decorated.signIn(request, SIGN_IN),
  "drop-in-own-template": (request) => own.signIn(request, SIGN_IN),
  "drop-in-forbidden": (request) => plain.error(request, { ...FAILURE, status: 403 }),
  "drop-in-denied": (request) =>
    plain.error(request, {
      ...FAILURE,
      status: 403,
      message: "Login Failed: The upstream identity provider returned an error: access_denied",
    }),
  "drop-in-error": (request) => plain.error(request, { ...FAILURE, status: 500 }),
  "drop-in-unavailable": (request) => plain.error(request, { ...FAILURE, status: 503 }),
};

/** Serve them on a free port of the loopback: `/<name>`. */
export function serveOriginalSamplePages(): { readonly url: string; stop(): Promise<void> } {
  const assets = "/oauth2/static/";
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      const asset = pathname.startsWith(assets) ? plain.asset(pathname.slice(assets.length)) : undefined;
      return asset ?? ORIGINAL_SAMPLE_PAGES[pathname.slice(1)]?.(request) ?? new Response("nothing\n", { status: 404 });
    },
  });
  return { url: server.url.origin, stop: () => server.stop(true) };
}
