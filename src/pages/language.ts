import type { Messages } from "./messages.ts";
import { messagesDe } from "./messages-de.ts";
import { messagesEn } from "./messages-en.ts";

/** The first is what everybody gets who asks for none of them. */
export const LANGUAGES: readonly Messages[] = [messagesEn, messagesDe];

/**
 * The words in the language the browser likes best among those there are; `de-AT` gets `de`.
 *
 * @see RFC 9110 §12.5.4, RFC 4647 §3.4
 */
export function messagesFor(request: Request): Messages {
  const fallback = messagesEn;
  const wishes = (request.headers.get("accept-language") ?? "").slice(0, 1000).split(",").map(parseWish);
  let best: { readonly messages: Messages; readonly quality: number } | undefined;
  for (const { range, quality } of wishes) {
    const messages = range === "*" ? fallback : LANGUAGES.find((one) => one.lang === range.split("-")[0]);
    if (messages !== undefined && quality > (best?.quality ?? 0)) best = { messages, quality };
  }
  return best?.messages ?? fallback;
}

function parseWish(wish: string): { readonly range: string; readonly quality: number } {
  const [range = "", ...parameters] = wish.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { range, quality: Number.isFinite(quality) ? quality : 0 };
}
