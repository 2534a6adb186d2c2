import { hiddenFields } from "./hidden-fields.ts";
import { html, type Html } from "./html.ts";
import { type Frame, renderPage } from "./layout.ts";
import type { Messages } from "./messages.ts";
import type { ApprovalModel } from "./pages.ts";

/** May this client use the account? Two forms without an action: they post to the address of the page itself. */
export function renderApproval(frame: Frame, messages: Messages, model: ApprovalModel): Response {
  const words = messages.approval;
  const logo = clientLogo(model.clientLogoUrl);
  const title = words.title(model.clientName);
  const main = html`${
      logo !== undefined && html`<img class="client" src="${logo.src}" alt="" referrerpolicy="no-referrer" />`
    }
    <h1>${title}</h1>
    <p class="lead">${words.signedInAs(html`<b>${model.userName}</b>`)}</p>
    ${
      model.scopes.length > 0 &&
      html`<p class="asks" id="asks">${words.asks}</p>
        <ul class="scopes" aria-labelledby="asks">
          ${model.scopes.map((scope) => html`<li>${scopeWords(words, scope)}</li>`)}
        </ul>`
    }
    <div class="actions">
      ${decision(model, "approve", html`<button class="button primary" type="submit">${words.approve}</button>`)}
      ${decision(model, "rejected", html`<button class="button" type="submit">${words.reject}</button>`)}
      <p class="note">${words.hint}</p>
    </div>`;
  return renderPage(frame, messages, { status: 200, title, main, wide: true, imageSource: logo?.source });
}

function decision(model: ApprovalModel, approval: "approve" | "rejected", button: Html): Html {
  return html`<form method="post">${hiddenFields({ ...model.hidden, approval })}${button}</form>`;
}

const AUDIENCE = "audience:server:client_id:";

function scopeWords(words: Messages["approval"], scope: string): string {
  if (scope.startsWith(AUDIENCE)) return words.actAt(scope.slice(AUDIENCE.length));
  return isKnown(words.scopes, scope) ? words.scopes[scope] : words.otherScope(scope);
}

function isKnown<T extends object>(table: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(table, key);
}

interface ClientLogo {
  readonly src: string;
  /** For `img-src`: no wider than this one logo needs. */
  readonly source: string;
}

/** A URL's host may hold `;` and `,`, which would end the policy's directive and begin one of the client's own. */
const PLAIN_HOST = /^[a-z\d.:[\]-]+$/;

function clientLogo(url: string | undefined): ClientLogo | undefined {
  const parsed = url === undefined ? null : URL.parse(url);
  if (parsed?.protocol === "https:" && PLAIN_HOST.test(parsed.hostname)) {
    return { src: parsed.href, source: parsed.origin };
  }
  if (parsed?.protocol === "data:" && parsed.pathname.startsWith("image/"))
    return { src: parsed.href, source: "data:" };
  return undefined;
}
