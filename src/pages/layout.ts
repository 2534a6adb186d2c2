import { html, type Html } from "./html.ts";
import type { Messages } from "./messages.ts";

/** What all pages share, made once. */
export interface Frame {
  readonly name: string;
  readonly footer: string | undefined;
  readonly homeHref: string | undefined;
  readonly logoHref: string;
  readonly styleHrefs: readonly string[];
}

/** What makes one page. */
export interface PageContent {
  readonly status: number;
  readonly title: string;
  readonly main: Html;
  /** More room for a page with more words. */
  readonly wide?: boolean;
  /** A source beyond our own that images may come from. */
  readonly imageSource?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the frame's name and logo. */
  readonly brand?: Html;
  /** In place of the frame's footer. */
  readonly footer?: Html;
  /** Sources in place of our own; `script-src` is absent: no script runs. */
  readonly sources?: Sources;
  /** At the end of the page. */
  readonly script?: Html;
}

/** What a policy lets a page load and run, beyond nothing. */
export interface Sources {
  readonly styles: string;
  readonly images: string;
  readonly scripts: string;
}

/** A complete response: the frame around one page. */
export function renderPage(frame: Frame, messages: Messages, content: PageContent): Response {
  const page = html`<!doctype html>
    <html lang="${messages.lang}" dir="${messages.dir}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${content.title}${frame.name !== "" && ` · ${frame.name}`}</title>
        <link rel="icon" href="${frame.logoHref}" />
        ${frame.styleHrefs.map((href) => html`<link rel="stylesheet" href="${href}" />`)}
      </head>
      <body>
        <header class="brand">${content.brand ?? brand(frame)}</header>
        <main${content.wide === true && html` class="wide"`}>${content.main}</main>
        <footer>${content.footer ?? (frame.footer !== undefined && html`<p>${frame.footer}</p>`)}</footer>
        ${content.script}
      </body>
    </html> `;
  return new Response(page.toString(), { status: content.status, headers: headersOf(messages, content) });
}

function brand(frame: Frame): Html {
  const inner = html`<img src="${frame.logoHref}" alt="" /><span>${frame.name}</span>`;
  return frame.homeHref === undefined ? inner : html`<a href="${frame.homeHref}">${inner}</a>`;
}

/**
 * `Cross-Origin-Opener-Policy` is absent on purpose: it would cut a sign-in window off from the application that opened
 * it and waits for the answer (the popup way of single-page applications).
 */
function headersOf(messages: Messages, content: PageContent): Headers {
  return new Headers({
    "Content-Type": "text/html; charset=utf-8",
    "Content-Language": messages.lang,
    "Content-Security-Policy": contentSecurityPolicy(content),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    Vary: "Accept-Language",
    ...content.headers,
  });
}

/**
 * Nothing inline, no script, nothing from elsewhere unless the page names it, no frame around it (clickjacking).
 *
 * `form-action` is absent on purpose: Chromium applies it to the redirects after a form post too, and signing in
 * leads on to the application's host. That the forms post to us is our own markup's doing; no markup can be injected.
 */
function contentSecurityPolicy({ imageSource, sources }: PageContent): string {
  if (sources !== undefined) {
    const { styles, images, scripts } = sources;
    return `default-src 'none'; style-src ${styles}; img-src ${images}; script-src ${scripts}; frame-ancestors 'none'; base-uri 'none'`;
  }
  const images = imageSource === undefined ? "'self'" : `'self' ${imageSource}`;
  return `default-src 'none'; style-src 'self'; img-src ${images}; frame-ancestors 'none'; base-uri 'none'`;
}
