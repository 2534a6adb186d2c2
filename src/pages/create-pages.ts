import type { BrandingConfiguration } from "../config/configuration.ts";
import { renderApproval } from "./approval-page.ts";
import { renderDeviceDone } from "./device-done-page.ts";
import { renderDevice } from "./device-page.ts";
import { renderError } from "./error-page.ts";
import { renderFormPost } from "./form-post-page.ts";
import { renderHome } from "./home-page.ts";
import { messagesFor } from "./language.ts";
import type { Frame } from "./layout.ts";
import { logo } from "./logo.ts";
import { renderOutOfBand } from "./out-of-band-page.ts";
import type { Pages } from "./pages.ts";
import { DEFAULT_ACCENT } from "./palette.ts";
import { safeHref } from "./safe-href.ts";
import { renderSignIn } from "./sign-in-page.ts";
import { renderSignedOut, renderSignOut } from "./sign-out-pages.ts";
import { createStaticFile, type StaticContent, type StaticFile } from "./static-file.ts";
import { styleSheet } from "./style-table.ts";

export interface PagesOptions {
  readonly branding: BrandingConfiguration;
  /** Reads the logo and the operator's style sheet, once. Throws when it cannot: the process then does not start. */
  readonly readFile: (path: string) => Uint8Array;
  /** Where the static routes live, such as `/oauth2/static`. */
  readonly pathPrefix: string;
  /** Where the brand (and *Stay signed in*) leads. Absent = nowhere. */
  readonly homeHref?: string;
}

/** The pages as this operator's users see them. Reads the branding's files now; renders without any input or output. */
export function createPages(options: PagesOptions): Pages {
  const { frame, files } = prepare(options);
  return {
    signIn: (request, model) => renderSignIn(frame, messagesFor(request), model),
    approval: (request, model) => renderApproval(frame, messagesFor(request), model),
    error: (request, model) => renderError(frame, messagesFor(request), request, model),
    signedOut: (request, model) => renderSignedOut(frame, messagesFor(request), model),
    signOut: (request, model) => renderSignOut(frame, messagesFor(request), model),
    home: (request, model) => renderHome(frame, messagesFor(request), model),
    device: (request, model) => renderDevice(frame, messagesFor(request), model),
    deviceDone: (request, model) => renderDeviceDone(frame, messagesFor(request), model),
    outOfBand: (request, model) => renderOutOfBand(frame, messagesFor(request), model),
    formPost: (request, model) => renderFormPost(frame, messagesFor(request), model),
    routes: files.map((file) => file.route),
  };
}

function prepare({ branding, readFile, pathPrefix, homeHref }: PagesOptions): {
  readonly frame: Frame;
  readonly files: readonly StaticFile[];
} {
  const accent = branding.accent ?? DEFAULT_ACCENT;
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const logoFile = createStaticFile(
    pathPrefix,
    branding.logoFile === undefined
      ? { bytes: text(logo(accent)), type: "image/svg+xml" }
      : image(readFile(branding.logoFile)),
  );
  const styles = [
    text(styleSheet(accent)),
    ...(branding.stylesheetFile === undefined ? [] : [readFile(branding.stylesheetFile)]),
  ].map((bytes) => createStaticFile(pathPrefix, { bytes, type: "text/css" }));
  const frame: Frame = {
    name: branding.name,
    footer: branding.footer,
    homeHref: safeHref(homeHref),
    logoHref: logoFile.href,
    styleHrefs: styles.map((style) => style.href),
  };
  return { frame, files: [logoFile, ...styles] };
}

/** PNG by its signature, everything else is SVG. */
function image(bytes: Uint8Array): StaticContent {
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47;
  return { bytes, type: isPng ? "image/png" : "image/svg+xml" };
}
