import { html } from "./html.ts";
import { type Frame, renderPage } from "./layout.ts";
import type { Messages } from "./messages.ts";
import type { OutOfBandModel } from "./pages.ts";

/** An authorization code to carry over by hand. It stands in no form: it is sent nowhere from here. */
export function renderOutOfBand(frame: Frame, messages: Messages, { code }: OutOfBandModel): Response {
  const words = messages.outOfBand;
  const main = html`<h1>${words.title}</h1>
    <p class="what">${words.what}</p>
    <div class="field">
      <label for="code">${words.code}</label>
      <textarea id="code" rows="2" spellcheck="false" readonly autofocus>${code}</textarea>
    </div>`;
  return renderPage(frame, messages, { status: 200, title: words.title, main });
}
