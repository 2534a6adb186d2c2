import { createHash } from "node:crypto";

import { hiddenFields } from "./hidden-fields.ts";
import { html, raw } from "./html.ts";
import { type Frame, renderPage } from "./layout.ts";
import type { Messages } from "./messages.ts";
import type { FormPostModel } from "./pages.ts";

/** By way of the prototype: a field named `submit` takes the place of the form's own. */
const SCRIPT = "HTMLFormElement.prototype.submit.call(document.forms[0])";

/**
 * A form that posts itself (OAuth 2.0 Form Post Response Mode §2, SAML Bindings §3.5), and a button for browsers without scripts.
 * The one script is allowed by its hash.
 *
 * @throws {RangeError} for an address that would run in our own origin. Such a one has no business among the registered ones.
 */
export function renderFormPost(frame: Frame, messages: Messages, model: FormPostModel): Response {
  const words = messages.formPost;
  const { protocol } = new URL(model.action);
  if (SCRIPT_SCHEMES.has(protocol)) throw new RangeError(`A form cannot be posted to ${protocol}`);
  const main = html`<h1>${words.title}</h1>
    <p class="what">${words.what}</p>
    <form method="post" action="${model.action}">
      ${hiddenFields(model.fields)}
      <button class="button primary" type="submit">${words.submit}</button>
    </form>`;
  const hash = createHash("sha256").update(SCRIPT).digest("base64");
  return renderPage(frame, messages, {
    status: 200,
    title: words.title,
    main,
    script: raw(`<script>${SCRIPT}</script>`),
    sources: { styles: "'self'", images: "'self'", scripts: `'sha256-${hash}'` },
  });
}

const SCRIPT_SCHEMES: ReadonlySet<string> = new Set(["javascript:", "data:", "vbscript:", "blob:"]);
