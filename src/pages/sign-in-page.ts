import { hiddenFields } from "./hidden-fields.ts";
import { html, type Html } from "./html.ts";
import { type Frame, renderPage } from "./layout.ts";
import type { Messages } from "./messages.ts";
import type { ConnectorChoice, PasswordForm, SignInModel } from "./pages.ts";
import { safeHref } from "./safe-href.ts";

/** The choice of connectors, then the password forms. */
export function renderSignIn(frame: Frame, messages: Messages, model: SignInModel): Response {
  const words = messages.signIn;
  const { application, connectors, forms } = model;
  const focused = focusedForm(forms);
  const both = connectors.length > 0 && forms.length > 0;
  const main = html`<h1>${words.title}</h1>
    ${lead(words, application, connectors.length > 1)}
    ${
      connectors.length > 0 &&
      html`<ul class="choices">
        ${connectors.map((choice) => html`<li>${connector(words, choice)}</li>`)}
      </ul>`
    }
    ${forms.map((form, index) => [
      (both || index > 0) && html`<p class="divider">${words.or}</p>`,
      passwordForm(words, form, { index, focused: index === focused }),
    ])}
    ${connectors.length + forms.length === 0 && html`<p class="alert" role="alert">${words.none}</p>`}
    ${backLink(words, model.backHref)}`;
  return renderPage(frame, messages, { status: model.status, title: words.title, main });
}

type Words = Messages["signIn"];

function lead(words: Words, application: string | undefined, isChoice: boolean): Html | undefined {
  if (application !== undefined) return html`<p class="lead">${words.to(html`<b>${application}</b>`)}</p>`;
  return isChoice ? html`<p class="lead">${words.choose}</p>` : undefined;
}

function connector(words: Words, choice: ConnectorChoice): Html {
  const href = choice.reachable ? safeHref(choice.href) : undefined;
  const label = words.continueWith(choice.name);
  const tile = html`<span class="tile" aria-hidden="true">${initial(choice.name)}</span>`;
  const badge = choice.lastUsed && html`<span class="badge">${words.lastUsed}</span>`;
  if (href !== undefined) {
    return html`<a class="choice" href="${href}"
      >${tile}<span class="words"><span>${label}</span>${badge}</span></a
    >`;
  }
  return html`<div class="choice off" role="link" aria-disabled="true">
    ${tile}<span class="words"><span>${label}</span>${badge}<small>${words.unreachable}</small></span>
  </div>`;
}

/** The letter that stands for a connector: company logos are not ours to hand out. */
function initial(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return first?.segment.toUpperCase() ?? "?";
}

/** The form with a problem, else the first. */
function focusedForm(forms: readonly PasswordForm[]): number {
  return Math.max(
    0,
    forms.findIndex((form) => form.problem !== undefined),
  );
}

interface FormPlace {
  readonly index: number;
  readonly focused: boolean;
}

function passwordForm(words: Words, form: PasswordForm, { index, focused }: FormPlace): Html {
  const { problem, username } = form;
  const problemId = `problem-${index}`;
  const described = problem !== undefined && html` aria-describedby="${problemId}"`;
  const invalid = problem === "wrong-credentials" && html` aria-invalid="true"`;
  const focusUser = focused && username === "" && html` autofocus`;
  const focusPassword = focused && username !== "" && html` autofocus`;
  return html`<form method="post" action="${postTarget(form.action)}">
    ${hiddenFields(form.hidden)}
    ${problem !== undefined && html`<p class="alert" role="alert" id="${problemId}">${words.problems[problem]}</p>`}
    <div class="field">
      <label for="user-${index}">${words.prompts[form.prompt] ?? form.prompt}</label>
      <input
        id="user-${index}"
        type="text"
        name="${form.usernameField}"
        value="${username}"
        autocomplete="username"
        ${EMAIL.test(form.prompt) && html` inputmode="email"`}
        autocapitalize="none"
        autocorrect="off"
        spellcheck="false"
        required${focusUser}${described}${invalid}
      />
    </div>
    <div class="field">
      <label for="password-${index}">${words.password}</label>
      <input
        id="password-${index}"
        type="password"
        name="password"
        autocomplete="current-password"
        required${focusPassword}${described}${invalid}
      />
    </div>
    <button class="button primary" type="submit">${words.submit}</button>
  </form>`;
}

/** Asks for an address, which phones have a keyboard for. The type stays `text`: drop-in forms are compared by it. */
const EMAIL = /e-?mail/i;

function postTarget(action: string): string {
  return safeHref(action) ?? "";
}

function backLink(words: Words, href: string | undefined): Html | undefined {
  const safe = safeHref(href);
  return safe === undefined ? undefined : html`<p class="back"><a href="${safe}">${words.back}</a></p>`;
}
