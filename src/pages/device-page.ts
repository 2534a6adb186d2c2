import { html } from "./html.ts";
import { type Frame, renderPage } from "./layout.ts";
import type { Messages } from "./messages.ts";
import type { DeviceModel } from "./pages.ts";
import { safeHref } from "./safe-href.ts";

/** Which device? A code that came with the address still has to be confirmed: somebody else may have sent the link (RFC 8628 §5.4). */
export function renderDevice(frame: Frame, messages: Messages, model: DeviceModel): Response {
  const words = messages.device;
  const isWrong = model.problem !== undefined;
  const isFilledIn = model.userCode !== "" && !isWrong;
  const main = html`<h1>${words.title}</h1>
    <p class="lead">${isFilledIn ? words.compare : words.what}</p>
    <form method="post" action="${safeHref(model.action)}">
      ${isWrong && html`<p class="alert" role="alert" id="problem">${words.wrongCode}</p>`}
      <div class="field">
        <label for="user-code">${words.code}</label>
        <input
          id="user-code"
          type="text"
          name="user_code"
          value="${model.userCode}"
          placeholder="XXXX-XXXX"
          autocomplete="off"
          autocapitalize="characters"
          autocorrect="off"
          spellcheck="false"
          required
          autofocus${isWrong && html` aria-invalid="true" aria-describedby="problem"`}
        />
      </div>
      <button class="button primary" type="submit">${words.submit}</button>
    </form>
    <p class="what note">${words.hint}</p>`;
  return renderPage(frame, messages, { status: model.status, title: words.title, main });
}
