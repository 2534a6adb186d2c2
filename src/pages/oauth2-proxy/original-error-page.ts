import { html, type Html } from "../html.ts";
import { renderPage } from "../layout.ts";
import type { Messages } from "../messages.ts";
import { safeHref } from "../safe-href.ts";
import { type OriginalFrame, surroundings } from "./original-frame.ts";
import { statusTitle } from "../status-title.ts";

export interface OriginalError {
  readonly status: number;
  /** In words for people; absent = what the status means. */
  readonly message?: string | undefined;
  /** Empty = no way on is offered. */
  readonly redirect: string;
  readonly requestId: string;
}

/** What happened, the request id, the way back and the way to another sign-in. */
export function renderOriginalError(frame: OriginalFrame, messages: Messages, model: OriginalError): Response {
  const words = messages.original;
  const { status, message, requestId } = model;
  const title = words.titles[status] ?? statusTitle(status);
  const main = html`<p class="status">${status}</p>
    <h1>${title}</h1>
    <details class="more" open>
      <summary>${words.moreInfo}</summary>
      <p ${message !== undefined && html` lang="en"`}>${message ?? words.messages[status] ?? words.unknown}</p>
      ${requestId !== "" && html`<p>${words.requestId(requestId)}</p>`}
    </details>
    ${actions(frame, words, model)}`;
  return renderPage(frame.frame, messages, {
    ...surroundings(frame, messages, ""),
    status,
    title: `${status} ${title}`,
    main,
    wide: true,
  });
}

/**
 * *Go back* is a form, as in the original, and inside of it a link: a browser that sends the form would
 * leave the query of the address out.
 */
function actions(
  { pathPrefix }: OriginalFrame,
  words: Messages["original"],
  { redirect }: OriginalError,
): Html | undefined {
  if (redirect === "") return undefined;
  const back = safeHref(redirect) ?? "/";
  return html`<div class="actions">
    <form method="get" action="${back}"><a class="button" href="${back}">${words.goBack}</a></form>
    <form method="get" action="${pathPrefix}/sign_in">
      <input type="hidden" name="rd" value="${redirect}" />
      <button class="button primary" type="submit">${words.signIn}</button>
    </form>
  </div>`;
}
