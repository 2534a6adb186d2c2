import type { Route } from "../../src/http/handler.ts";
import { createPages } from "../../src/pages/create-pages.ts";
import { renderHelloPage } from "../../src/pages/hello-page.ts";
import type { ConnectorChoice, PasswordForm } from "../../src/pages/pages.ts";

const CONNECTORS: readonly ConnectorChoice[] = [
  { id: "github", name: "GitHub", type: "github", href: "/start?c=github", reachable: true, lastUsed: true },
  { id: "corp", name: "Example Corp", type: "oidc", href: "/start?c=corp", reachable: true, lastUsed: false },
  { id: "partner", name: "Partner", type: "saml", href: "/start?c=partner", reachable: false, lastUsed: false },
];

const FORM: PasswordForm = {
  action: "/oauth2/sign_in",
  prompt: "Email Address",
  usernameField: "username",
  username: "",
  hidden: { connector: "local", rd: "/page?a=1&b=2" },
};

const pages = createPages({
  branding: { name: "Gatehouse", footer: "Operated by Example Corp IT" },
  readFile: () => new Uint8Array(),
  pathPrefix: "/oauth2/static",
  homeHref: "/",
});

const REQUEST_ID = "01J8Z3M6Q9T4W2X7";

/** The page that posts itself: nobody sees it for long. */
export function renderSampleFormPost(request: Request, action: string): Response {
  return pages.formPost(request, { action, fields: { code: "a&b", state: 'x"y', submit: "shadows" } });
}

/** Every other page, as people see it on an ordinary day; by name. */
export const SAMPLE_PAGES: Readonly<Record<string, (request: Request) => Response>> = {
  "sign-in-choice": (request) =>
    pages.signIn(request, { status: 200, application: "wiki.example.com", connectors: CONNECTORS, forms: [FORM] }),
  "sign-in-password": (request) =>
    pages.signIn(request, {
      status: 200,
      application: "wiki.example.com",
      connectors: [],
      forms: [FORM],
      backHref: "/oauth2/start",
    }),
  "sign-in-wrong": (request) =>
    pages.signIn(request, {
      status: 401,
      application: "wiki.example.com",
      connectors: [],
      forms: [{ ...FORM, username: "alice@example.com", problem: "wrong-credentials" }],
    }),
  approval: (request) =>
    pages.approval(request, {
      clientName: "Cluster dashboard",
      scopes: ["openid", "profile", "email", "groups", "offline_access"],
      userName: "alice@example.com",
      hidden: { req: "r1", hmac: "h1" },
    }),
  error: (request) =>
    pages.error(request, {
      status: 400,
      code: "login_state_mismatch",
      message: "The state does not match.",
      requestId: REQUEST_ID,
      startAgainHref: "/oauth2/start",
    }),
  forbidden: (request) =>
    pages.error(request, {
      status: 403,
      code: "not_allowed",
      message: "You are signed in, but your account may not use this page.",
      requestId: REQUEST_ID,
      startAgainHref: "/oauth2/start",
      backHref: "/",
    }),
  home: (request) =>
    pages.home(request, {
      issuer: "https://auth.example.com/dex",
      discoveryHref: "/dex/.well-known/openid-configuration",
    }),
  device: (request) =>
    pages.device(request, { status: 200, action: "/device/auth/verify_code", userCode: "BDWP-HQPK" }),
  "device-wrong": (request) =>
    pages.device(request, {
      status: 400,
      action: "/device/auth/verify_code",
      userCode: "BDWP-HQPX",
      problem: "wrong-code",
    }),
  "device-done": (request) => pages.deviceDone(request, { clientName: "Living room television" }),
  "out-of-band": (request) => pages.outOfBand(request, { code: "fox7gpcpar7xujziwcnjagl72" }),
  "signed-out": (request) => pages.signedOut(request, { signInHref: "/oauth2/start" }),
  "sign-out": (request) =>
    pages.signOut(request, { action: "/oauth2/sign_out", userName: "alice@example.com", hidden: { rd: "/" } }),
  hello: (request) =>
    renderHelloPage(request, {
      method: "GET",
      target: "/page?a=1&b=%2F2",
      user: "alice",
      email: "alice@example.com",
      groups: "engineering,on-call",
      headers: [
        ["accept", "text/html,application/xhtml+xml"],
        ["accept-language", "en"],
        ["host", "hello.example.com"],
        ["x-forwarded-email", "alice@example.com"],
        ["x-forwarded-groups", "engineering,on-call"],
        ["x-forwarded-user", "alice"],
      ],
      signOutHref: "/oauth2/sign_out",
    }),
};

/** The sample pages' style sheet and logo. */
export const SAMPLE_ROUTES: readonly Route[] = pages.routes;

/** Serve them on a free port of the loopback: `/<name>`. */
export function serveSamplePages(): { readonly url: string; stop(): Promise<void> } {
  const peer = { address: () => "127.0.0.1" };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      const route = SAMPLE_ROUTES.find(({ path }) => path === pathname);
      if (route !== undefined) return route.handle(request, peer, {});
      return SAMPLE_PAGES[pathname.slice(1)]?.(request) ?? new Response("nothing here\n", { status: 404 });
    },
  });
  return { url: server.url.origin, stop: () => server.stop(true) };
}
