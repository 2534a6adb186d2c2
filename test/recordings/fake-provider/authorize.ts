import type { FakeReply } from "../fake-server.ts";
import { formEncode } from "../pairs.ts";
import type { Asked, Provider } from "./provider.ts";

/** Send the browser back at once, with a code or the error that the settings name. RFC 6749 §4.1.2 */
export function authorize(provider: Provider, { params }: Asked): FakeReply {
  const answer = outcome(provider, params);
  const target = params["redirect_uri"] ?? "";
  if (params["response_mode"] === "form_post") return formPost(target, answer);
  const query = formEncode(Object.entries(answer), provider.settings.raw_state ? "%" : "");
  return { status: 302, headers: [["Location", `${target}${target.includes("?") ? "&" : "?"}${query}`]] };
}

function outcome(provider: Provider, params: Asked["params"]): Readonly<Record<string, string>> {
  const { settings, users, codes } = provider;
  const state = params["state"] ?? "";
  if (settings.authorize_error !== null) return { ...settings.authorize_error, state };
  const hint = params["login_hint"];
  const code = `code.${hint !== undefined && hint in users ? hint : settings.user}.${provider.next()}`;
  codes.set(code, params);
  return { state, code };
}

/** OAuth 2.0 Form Post Response Mode §2 */
function formPost(target: string, answer: Readonly<Record<string, string>>): FakeReply {
  const inputs = Object.entries(answer).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  const body = `<form method="post" action="${target}">${inputs.join("")}</form>`;
  return { status: 200, headers: [["Content-Type", "text/html"]], body };
}
