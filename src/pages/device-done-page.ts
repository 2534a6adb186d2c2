import { html } from "./html.ts";
import { type Frame, renderPage } from "./layout.ts";
import type { Messages } from "./messages.ts";
import type { DeviceDoneModel } from "./pages.ts";

/** Nothing more to do in this browser. */
export function renderDeviceDone(frame: Frame, messages: Messages, { clientName }: DeviceDoneModel): Response {
  const words = messages.deviceDone;
  const title = words.title(clientName);
  const main = html`<h1>${title}</h1>
    <p class="what">${words.what}</p>`;
  return renderPage(frame, messages, { status: 200, title, main });
}
