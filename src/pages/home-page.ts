import { html } from "./html.ts";
import { type Frame, renderPage } from "./layout.ts";
import type { Messages } from "./messages.ts";
import type { HomeModel } from "./pages.ts";
import { safeHref } from "./safe-href.ts";

/** Where somebody is who typed the provider's address: nothing to do here, and what an application has to know. */
export function renderHome(frame: Frame, messages: Messages, model: HomeModel): Response {
  const words = messages.home;
  const main = html`<h1>${words.title}</h1>
    <p class="what">${words.what}</p>
    <dl class="facts">
      <div>
        <dt>${words.issuer}</dt>
        <dd><code>${model.issuer}</code></dd>
      </div>
      <div>
        <dt>${words.discovery}</dt>
        <dd><a href="${safeHref(model.discoveryHref)}">${model.discoveryHref}</a></dd>
      </div>
    </dl>`;
  return renderPage(frame, messages, { status: 200, title: words.title, main });
}
