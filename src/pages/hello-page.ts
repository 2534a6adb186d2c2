import { createHash } from "node:crypto";

import { html, type Html, raw } from "./html.ts";
import { messagesFor } from "./language.ts";
import type { Messages } from "./messages.ts";
import { safeHref } from "./safe-href.ts";
import { BASE, schemes } from "./style-table.ts";

/** A request as the sample application sees it. */
export interface HelloModel {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Empty when the application was not told. */
  readonly user: string;
  readonly email: string;
  /** Separated by commas. */
  readonly groups: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly signOutHref?: string;
}

/** The sample application's own page: it stands alone, so its style is inline, allowed by its hash. */
export function renderHelloPage(request: Request, model: HelloModel): Response {
  const messages = messagesFor(request);
  const words = messages.hello;
  const style = `${schemes(ACCENT)}${BASE}${STYLE}`;
  // The address first: many a provider's user ID is a number or a blob that nobody would be greeted by.
  const name = model.email || model.user;
  const title = name === "" ? words.stranger : words.title(name);
  const page = html`<!doctype html>
    <html lang="${messages.lang}" dir="${messages.dir}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · ${words.app}</title>
        <link rel="icon" href="data:," />
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        <header>
          <p>${words.app}</p>
          ${signOut(words, model.signOutHref)}
        </header>
        <main>
          <h1>${title}</h1>
          <p class="lead">${name === "" ? words.nobody : words.passed}</p>
          ${identity(words, model)}
          <h2>${words.request}</h2>
          <p class="line">
            <code><b>${model.method}</b> ${model.target}</code>
          </p>
          <h2>${words.headers}</h2>
          <dl class="headers">
            ${model.headers.map(
              ([header, value]) =>
                html`<div>
                  <dt><code>${header}</code></dt>
                  <dd><code>${value}</code></dd>
                </div>`,
            )}
          </dl>
        </main>
      </body>
    </html> `;
  return new Response(page.toString(), { headers: headersOf(messages, style) });
}

function signOut(words: Messages["hello"], href: string | undefined): Html | undefined {
  const safe = safeHref(href);
  return safe === undefined ? undefined : html`<a href="${safe}">${words.signOut}</a>`;
}

function identity(words: Messages["hello"], { user, email, groups }: HelloModel): Html | undefined {
  const facts = [
    [words.user, user],
    [words.email, email],
    [words.groups, groups.split(",").join(", ")],
  ].filter(([, value]) => value !== "");
  if (facts.length === 0) return undefined;
  return html`<dl class="card">
    ${facts.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function headersOf(messages: Messages, style: string): Headers {
  const hash = createHash("sha256").update(style).digest("base64");
  return new Headers({
    "Content-Type": "text/html; charset=utf-8",
    "Content-Language": messages.lang,
    "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; frame-ancestors 'none'; base-uri 'none'`,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    Vary: "Accept-Language",
  });
}

/** Another one than ours, so that nobody takes the application for the gate. */
const ACCENT = "#4d4fb8";

const STYLE = `
body{border-block-start:.375rem solid var(--accent)}
header,main{max-inline-size:46rem;margin-inline:auto;padding-inline:1.25rem}
header{display:flex;align-items:center;justify-content:space-between;gap:1rem;padding-block:1.25rem;color:var(--muted);font-size:.875rem}
main{padding-block:clamp(1rem,5vh,3rem) 4rem;overflow-wrap:anywhere}
h1{font-size:clamp(1.75rem,6vw,2.5rem);line-height:1.15;font-weight:700;letter-spacing:-.03em;text-wrap:balance}
h2{margin-block:2.5rem .75rem;font-size:.875rem;font-weight:600;color:var(--muted)}
.lead{margin-block-start:.75rem;color:var(--muted);font-size:1.0625rem}
.card{display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,11rem),1fr));margin-block-start:2rem;padding:1.25rem 1.5rem;background:var(--surface);border:1px solid var(--line);border-radius:1rem}
.card dt{color:var(--muted);font-size:.8125rem}
.card dd{font-weight:600}
.line,.headers{padding:.75rem 1rem;background:var(--surface);border:1px solid var(--line);border-radius:.75rem}
.headers{padding-block:.25rem}
.headers div{display:grid;grid-template-columns:minmax(0,14rem) minmax(0,1fr);gap:0 1rem;padding-block:.4375rem}
.headers div+div{border-block-start:1px solid var(--line)}
.headers dt{color:var(--muted)}
@media (max-width:36rem){.headers div{grid-template-columns:minmax(0,1fr)}}
`;
