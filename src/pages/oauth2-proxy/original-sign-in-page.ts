import { html, type Html, raw } from "../html.ts";
import { renderPage } from "../layout.ts";
import type { Messages } from "../messages.ts";
import type { Banner } from "./banner.ts";
import { KEEP_HASH } from "./keep-hash.ts";
import { type OriginalFrame, surroundings } from "./original-frame.ts";

export interface OriginalSignIn {
  readonly status: number;
  readonly redirect: string;
  readonly problem?: string | undefined;
  readonly banner: Banner;
  readonly providerName: string;
  readonly showPasswordForm: boolean;
}

/** One button to the provider, and the password form where there are local users. */
export function renderOriginalSignIn(frame: OriginalFrame, messages: Messages, model: OriginalSignIn): Response {
  const words = messages.original;
  const banner = bannerHtml(words, model.banner);
  const main = html`<div class="original" role="group" aria-label="${words.signInTitle}">
    <form method="get" action="${frame.pathPrefix}/start">
      <input type="hidden" name="rd" value="${model.redirect}" />
      ${banner !== undefined && html`<div class="banner">${banner}</div>`}
      <button class="button primary" type="submit">${words.signInWith(model.providerName)}</button>
    </form>
    ${model.showPasswordForm && passwordForm(frame, words, model)} ${!model.showPasswordForm && problem(words, model)}
  </div>`;
  return renderPage(frame.frame, messages, {
    ...surroundings(frame, messages, model.banner.kind === "html" ? model.banner.html : ""),
    status: model.status,
    title: words.signInTitle,
    main,
    script: KEEP_HASH.script,
  });
}

type Words = Messages["original"];

function bannerHtml(words: Words, banner: Banner): Html | string | undefined {
  if (banner.kind === "html") return raw(banner.html);
  return banner.kind === "domains" ? words.banner(banner.domains) : undefined;
}

/** The alert comes last in the form, where the original has it, and is shown first. */
function passwordForm(frame: OriginalFrame, words: Words, model: OriginalSignIn): Html {
  const alert = problem(words, model);
  const described = alert !== undefined && html` aria-describedby="problem"`;
  return html`<form class="password" method="post" action="${frame.pathPrefix}/sign_in">
    <input type="hidden" name="rd" value="${model.redirect}" />
    <div class="field">
      <label for="username">${words.username}</label>
      <input
        id="username"
        type="text"
        name="username"
        autocomplete="username"
        autocapitalize="none"
        autocorrect="off"
        spellcheck="false"
        required${described}
        ${alert !== undefined && html` autofocus`}
      />
    </div>
    <div class="field">
      <label for="password">${words.password}</label>
      <input id="password" type="password" name="password" autocomplete="current-password" required${described} />
    </div>
    <button class="button" type="submit">${words.signIn}</button>
    ${alert}
  </form>`;
}

function problem(words: Words, { status, problem: said }: OriginalSignIn): Html | undefined {
  const text = said ?? (status === 400 ? words.noUsername : status === 401 ? words.wrongCredentials : undefined);
  if (text === undefined) return undefined;
  return html`<p class="alert" role="alert" id="problem"><span aria-hidden="true">×</span> ${status}: ${text}</p>`;
}
