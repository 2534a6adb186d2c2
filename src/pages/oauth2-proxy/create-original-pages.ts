import type { OAuth2ProxyPagesConfiguration } from "../../config/oauth2-proxy-configuration.ts";
import type { Log } from "../../telemetry/log.ts";
import { type GoStruct, SafeHtml } from "../go-template/value.ts";
import { messagesFor } from "../language.ts";
import { messagesEn } from "../messages-en.ts";
import type { Pages } from "../pages.ts";
import { DEFAULT_ACCENT } from "../palette.ts";
import { createStaticFile, type StaticFile } from "../static-file.ts";
import { styleSheet } from "../style-table.ts";
import { logo } from "../logo.ts";
import { type Banner, bannerOf } from "./banner.ts";
import { customPage } from "../custom-page.ts";
import { type CustomTemplates, loadCustomTemplates } from "./custom-templates.ts";
import { loadLogo } from "./operator-logo.ts";
import { renderOriginalError } from "./original-error-page.ts";
import type { OriginalFrame } from "./original-frame.ts";
import { renderOriginalSignIn } from "./original-sign-in-page.ts";
import { statusTitle } from "../status-title.ts";
import { templateStyle } from "./template-style-table.ts";

/** The pages of the original, complete but for the headers against caching, which the room adds to all of its answers. */
export interface OriginalPages {
  signIn(request: Request, model: SignInView): Response;
  error(request: Request, model: ErrorView): Response;
  robots(): Response;
  /** @param path below `{prefix}/static/`; undefined = there is nothing. */
  asset(path: string): Response | undefined;
}

export interface SignInView {
  readonly status: number;
  /** Where to go after signing in: a path, or an address that was checked. */
  readonly redirect: string;
  readonly setCookies: readonly string[];
  /** Public; absent: what 400 and 401 mean here. */
  readonly problem?: string;
}

export interface ErrorView {
  readonly status: number;
  /** Public; takes the place of what the status means. */
  readonly message?: string;
  /** Internal; shown only where the configuration says so. */
  readonly cause?: string;
  /** Where *go back* and *sign in* lead; empty = neither is offered. */
  readonly redirect: string;
  readonly requestId: string;
  readonly setCookies: readonly string[];
}

export interface OriginalPagesDeps {
  /** Throws what `node:fs` throws. */
  readonly readFile: (path: string) => Uint8Array;
  readonly log: Log;
  /** Their style sheet and logo are served too. */
  readonly pages: Pick<Pages, "routes">;
}

export interface OriginalPagesOptions {
  readonly pages: OAuth2ProxyPagesConfiguration;
  readonly pathPrefix: string;
  readonly showPasswordForm: boolean;
  /** For the banner; empty when a file says who may enter. */
  readonly emailDomains: readonly string[];
}

/**
 * Reads the operator's files now, and renders without any input or output.
 *
 * @throws {Error} when the logo or a template cannot be used; the process then does not start.
 */
export function createOriginalPages(deps: OriginalPagesDeps, options: OriginalPagesOptions): OriginalPages {
  const own = createOwn(deps, options);
  return {
    signIn: (request, view) => withCookies(signIn(own, request, view), view.setCookies),
    error: (request, view) => withCookies(error(own, request, view), view.setCookies),
    robots: () => robots(own.custom),
    asset: (path) => own.assets.get(`${options.pathPrefix}/static/${path}`)?.(),
  };
}

interface Own {
  readonly options: OriginalPagesOptions;
  readonly frame: OriginalFrame;
  readonly banner: Banner;
  readonly custom: CustomTemplates;
  readonly assets: ReadonlyMap<string, () => Response>;
}

function createOwn(deps: OriginalPagesDeps, options: OriginalPagesOptions): Own {
  const { pages, pathPrefix } = options;
  const folder = `${pathPrefix}/static`;
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const icon = createStaticFile(folder, { bytes: text(logo(DEFAULT_ACCENT)), type: "image/svg+xml" });
  const style = createStaticFile(folder, { bytes: text(styleSheet(DEFAULT_ACCENT)), type: "text/css" });
  return {
    options,
    frame: {
      frame: { name: "", footer: undefined, homeHref: undefined, logoHref: icon.href, styleHrefs: [style.href] },
      logo: loadLogo(deps.readFile, pages.logo),
      footer: pages.footer,
      pathPrefix,
    },
    banner: bannerOf(pages.banner, options.emailDomains),
    custom: loadCustomTemplates(deps, pages.templatesDir),
    assets: assetsOf(deps, folder, [icon, style]),
  };
}

function assetsOf({ pages }: OriginalPagesDeps, folder: string, files: readonly StaticFile[]): Own["assets"] {
  const request = new Request("http://asset.invalid/");
  const peer = { address: () => "" };
  const routes = [...pages.routes, ...files.map(({ route }) => route)];
  const own = routes.map(({ path, handle }): [string, () => Response] => [
    path,
    () => {
      const response = handle(request, peer, {});
      // A static file is answered at once; what takes its time is none.
      return response instanceof Response ? response : new Response(null, { status: 404 });
    },
  ]);
  const sheet = (): Response => new Response(templateStyle(DEFAULT_ACCENT), { headers: SHEET_HEADERS });
  return new Map([...own, [`${folder}/css/bulma.min.css`, sheet], [`${folder}/css/all.min.css`, sheet]]);
}

const SHEET_HEADERS = { "Content-Type": "text/css; charset=utf-8", "X-Content-Type-Options": "nosniff" };

function signIn({ options, frame, banner, custom }: Own, request: Request, view: SignInView): Response {
  const { pages, showPasswordForm } = options;
  const page = custom.render("sign_in.html", {
    ...shared(frame, view),
    ProviderName: pages.providerName,
    SignInMessage: new SafeHtml(bannerMarkup(banner)),
    CustomLogin: showPasswordForm,
    LogoData: new SafeHtml(frame.logo.markup),
  });
  if (page !== undefined) return customPage(view.status, page);
  const { providerName } = pages;
  return renderOriginalSignIn(frame, messagesFor(request), { ...view, banner, providerName, showPasswordForm });
}

function error({ options, frame, custom }: Own, request: Request, view: ErrorView): Response {
  const message = options.pages.showDebugOnError ? (view.cause ?? view.message) : view.message;
  const page = custom.render("error.html", {
    ...shared(frame, view),
    Title: statusTitle(view.status),
    Message: message ?? messagesEn.original.messages[view.status] ?? messagesEn.original.unknown,
    RequestID: view.requestId,
  });
  if (page !== undefined) return customPage(view.status, page);
  return renderOriginalError(frame, messagesFor(request), { ...view, message });
}

/** The fields of both templates. No version: it would tell an attacker what to try. */
function shared(frame: OriginalFrame, view: { readonly status: number; readonly redirect: string }): GoStruct {
  return {
    StatusCode: BigInt(view.status),
    Redirect: view.redirect,
    ProxyPrefix: frame.pathPrefix,
    Footer: new SafeHtml(frame.footer),
    Version: "",
  };
}

/** Custom templates are in the operator's language, whatever that is: they get the original's words. */
function bannerMarkup(banner: Banner): string {
  if (banner.kind === "html") return banner.html;
  return banner.kind === "domains" ? messagesEn.original.banner(banner.domains) : "";
}

function robots({ robots: own }: CustomTemplates): Response {
  const headers = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };
  return new Response(own === undefined ? "User-agent: *\nDisallow: /\n" : new Uint8Array(own), { headers });
}

function withCookies(response: Response, setCookies: readonly string[]): Response {
  for (const cookie of setCookies) response.headers.append("Set-Cookie", cookie);
  return response;
}
