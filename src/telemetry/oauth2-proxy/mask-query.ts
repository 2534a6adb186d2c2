/** Whoever has these can act as somebody, wherever they are found. */
const ALWAYS = new Set(["access_token", "id_token", "refresh_token", "id_token_hint", "client_secret", "password"]);

/** These only in an identity provider's answer, which has a `state` and one of the others: applications have harmless ones. */
const OF_AN_ANSWER = new Set(["code", "state"]);

/** A path and query for the log, without what a reader of the log could use to sign in as somebody else. */
export function maskQuery(uri: string): string {
  const mark = uri.indexOf("?");
  if (mark === -1) return uri;
  const parts = uri.slice(mark + 1).split(/([&;])/);
  const names = new Set(parts.map(nameOf));
  const isAnswer = names.has("state") && ["code", "error", "id_token", "access_token"].some((name) => names.has(name));
  const masked = parts.map((part) => {
    const name = nameOf(part);
    const isSecret = ALWAYS.has(name) || (isAnswer && OF_AN_ANSWER.has(name));
    return isSecret && part.includes("=") ? `${part.slice(0, part.indexOf("="))}=***` : part;
  });
  return uri.slice(0, mark + 1) + masked.join("");
}

/** In the spelling that whoever reads the query will see. */
function nameOf(part: string): string {
  const name = part.split("=", 1)[0] ?? "";
  try {
    return decodeURIComponent(name.replaceAll("+", " ")).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}
