import { redirect } from "../../http/redirect.ts";
import { withFragment, withQuery } from "../../protocol/go-query.ts";
import type { RedirectUri } from "../../protocol/redirect-uri.ts";
import { type ProviderContext, isNative } from "../provider-deps.ts";

/** How an answer travels through the browser (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2). */
export type ResponseMode = "query" | "fragment" | "form_post";

/** Where a client wants its answer, and how. */
export interface AnswerTo {
  readonly redirectUri: RedirectUri;
  readonly state: string;
  readonly responseMode: ResponseMode;
}

/**
 * What was asked for, or what goes with these response types. Tokens never go into a query, where servers log them; modes that
 * are not known are ignored, as dex ignores all.
 */
export function responseModeOf(wanted: string, responseTypes: readonly string[]): ResponseMode {
  if (wanted === "form_post" || wanted === "fragment") return wanted;
  return responseTypes.some((type) => type !== "code") ? "fragment" : "query";
}

/** Send the browser back to the client with an answer. */
export function answerClient(
  provider: ProviderContext,
  request: Request,
  to: AnswerTo,
  answer: Readonly<Record<string, string>>,
): Response {
  const parameters = { ...answer, ...answerParameters(provider, to.state) };
  if (to.responseMode === "form_post") {
    return provider.pages.formPost(request, { action: to.redirectUri, fields: parameters });
  }
  const write = to.responseMode === "query" ? withQuery : withFragment;
  return redirect(303, write(to.redirectUri, parameters));
}

/**
 * What every answer to a client has: its `state`, and `iss`, which tells a client with several providers whose answer this is
 * (RFC 9207). dex sends an empty `state` to who sent none, which strict clients refuse (RFC 6749 §4.1.2).
 */
function answerParameters(provider: ProviderContext, state: string): Readonly<Record<string, string>> {
  const { issuer } = provider.configuration;
  return isNative(provider) && state === "" ? { iss: issuer } : { iss: issuer, state };
}
