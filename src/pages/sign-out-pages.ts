import { hiddenFields } from "./hidden-fields.ts";
import { html } from "./html.ts";
import { type Frame, renderPage } from "./layout.ts";
import type { Messages } from "./messages.ts";
import type { SignedOutModel, SignOutModel } from "./pages.ts";
import { safeHref } from "./safe-href.ts";

/** Who is signed in, and the question whether to end that. Also the page that shows the account. */
export function renderSignOut(frame: Frame, messages: Messages, model: SignOutModel): Response {
  const words = messages.signOut;
  const main = html`<h1>${words.title}</h1>
    <p class="lead">${words.signedInAs(html`<b>${model.userName}</b>`)}</p>
    <p class="what">${words.what}</p>
    <div class="actions">
      <form method="post" action="${safeHref(model.action)}">
        ${hiddenFields(model.hidden)}
        <button class="button primary" type="submit">${words.submit}</button>
      </form>
      ${frame.homeHref !== undefined && html`<a class="button" href="${frame.homeHref}">${words.stay}</a>`}
    </div>`;
  return renderPage(frame, messages, { status: 200, title: words.title, main });
}

/** The end of the way. */
export function renderSignedOut(frame: Frame, messages: Messages, model: SignedOutModel): Response {
  const words = messages.signedOut;
  const href = safeHref(model.signInHref);
  const main = html`<h1>${words.title}</h1>
    <p class="what">${words.what}</p>
    ${
      href !== undefined &&
      html`<div class="actions"><a class="button primary" href="${href}">${words.signIn}</a></div>`
    }`;
  return renderPage(frame, messages, { status: 200, title: words.title, main });
}
