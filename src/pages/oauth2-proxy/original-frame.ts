import { html, type Html, raw } from "../html.ts";
import type { Frame, PageContent, Sources } from "../layout.ts";
import type { Messages } from "../messages.ts";
import { KEEP_HASH } from "./keep-hash.ts";
import type { OperatorLogo } from "./operator-logo.ts";

/** What both pages share. */
export interface OriginalFrame {
  readonly frame: Frame;
  readonly logo: OperatorLogo;
  /** HTML of the operator; `-` = none, empty = ours. */
  readonly footer: string;
  readonly pathPrefix: string;
}

/** The parts of a page that do not depend on what it is about. `operatorHtml`: what else of the operator's stands on it. */
export function surroundings(
  { logo, footer }: OriginalFrame,
  messages: Messages,
  operatorHtml: string,
): Pick<PageContent, "brand" | "footer" | "sources" | "headers"> {
  const ownFooter = footer === "-" ? "" : footer;
  return {
    brand: logo.src === undefined ? html`` : html`<img src="${logo.src}" alt="" />`,
    footer: footerOf(messages, footer),
    sources: sourcesFor(operatorHtml + ownFooter, logo),
  };
}

function footerOf(messages: Messages, footer: string): Html {
  if (footer === "-") return html``;
  // No version: it would tell an attacker what to try.
  return footer === ""
    ? html`<p>${messages.original.securedWith(html`<b>Gatehouse</b>`)}</p>`
    : html`<p>${raw(footer)}</p>`;
}

/** The operator's HTML may bring styles and images along; only one that brings a script loosens what scripts may run. */
function sourcesFor(operatorHtml: string, logo: OperatorLogo): Sources {
  const hasMarkup = operatorHtml.includes("<");
  const hasScript = /<script|\son[a-z]+\s*=|javascript:/i.test(operatorHtml);
  const logoOrigin = logo.src?.startsWith("https://") === true ? ` ${new URL(logo.src).origin}` : "";
  return {
    styles: hasMarkup ? "'self' 'unsafe-inline' https:" : "'self'",
    images: hasMarkup ? "'self' data: https:" : `'self' data:${logoOrigin}`,
    // A hash would switch 'unsafe-inline' off.
    scripts: hasScript ? "'unsafe-inline' https:" : KEEP_HASH.source,
  };
}
