import { html, type Html } from "./html.ts";
import { type Frame, renderPage } from "./layout.ts";
import type { ErrorWords, KnownErrorCode, Messages } from "./messages.ts";
import type { ErrorModel } from "./pages.ts";
import { safeHref } from "./safe-href.ts";

/** What happened, why, what to do, and the request id. */
export function renderError(frame: Frame, messages: Messages, request: Request, model: ErrorModel): Response {
  const words = messages.error;
  const { status, retryAfterSeconds } = model;
  const { title, why, what } = wordsOf(words, model);
  const main = html`<h1>${title}</h1>
    <p class="why" ${!isKnown(words.codes, model.code) && html` lang="en"`}>${why}</p>
    <p class="what">${what}${retryAfterSeconds !== undefined && ` ${words.retryAfter(retryAfterSeconds)}`}</p>
    ${actions(words, request, model)}
    <dl class="facts">
      ${
        hasDetail(model) &&
        html`<div>
          <dt>${words.detail}</dt>
          <dd lang="en">${model.message}</dd>
        </div>`
      }
      <div>
        <dt>${words.requestId}</dt>
        <dd><code>${model.requestId}</code></dd>
      </div>
    </dl>`;
  return renderPage(frame, messages, {
    status,
    title,
    main,
    wide: true,
    ...(retryAfterSeconds === undefined ? {} : { headers: { "Retry-After": String(retryAfterSeconds) } }),
  });
}

type Words = Messages["error"];

function wordsOf(words: Words, { code, status, message }: ErrorModel): ErrorWords {
  if (isKnown(words.codes, code)) return words.codes[code];
  return {
    title: words.statuses[status] ?? words.status(status),
    why: message,
    what: status >= 500 ? words.whatOnServerError : words.whatOnClientError,
  };
}

function isKnown(codes: Words["codes"], code: string): code is KnownErrorCode {
  return Object.hasOwn(codes, code);
}

/** Codes whose message says more than our own words do. */
const TELLING: ReadonlySet<string> = new Set<KnownErrorCode>([
  "bad_request",
  "connector_denied",
  "connector_untrusted",
  "forbidden",
  "login_denied",
  "login_upstream_error",
  "unknown_redirect_uri",
]);

function hasDetail({ code, message }: ErrorModel): boolean {
  return TELLING.has(code) && message !== "";
}

/** Codes that another account may help with. */
const OTHER_ACCOUNT: ReadonlySet<string> = new Set<KnownErrorCode>(["login_denied", "not_admitted", "not_allowed"]);

function actions(words: Words, request: Request, model: ErrorModel): Html | undefined {
  const startLabel = OTHER_ACCOUNT.has(model.code) ? words.otherAccount : words.startAgain;
  const again = request.method === "GET" && (model.status >= 500 || model.status === 429);
  const links = [
    { href: safeHref(model.startAgainHref), label: startLabel },
    { href: safeHref(model.backHref), label: words.back },
    { href: again && model.startAgainHref === undefined ? "" : undefined, label: words.tryAgain },
  ].flatMap(({ href, label }) => (href === undefined ? [] : [{ href, label }]));
  if (links.length === 0) return undefined;
  return html`<div class="actions">
    ${links.map(
      ({ href, label }, index) => html`<a class="button${index === 0 && " primary"}" href="${href}">${label}</a>`,
    )}
  </div>`;
}
