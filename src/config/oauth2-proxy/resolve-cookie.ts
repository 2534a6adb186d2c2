import type { CookieConfiguration } from "../configuration.ts";
import { errorAt, warningAt } from "./raw-setting.ts";
import type { Resolving } from "./resolving.ts";

/** The session cookie, exactly as named: the original adds no `__Host-` of its own. */
export function resolveCookie(resolving: Resolving): CookieConfiguration {
  const { settings } = resolving;
  const sameSite = resolveSameSite(resolving, "cookie-samesite");
  return {
    name: resolveName(resolving),
    prefix: false,
    domains: resolveDomains(resolving),
    path: settings.text("cookie-path"),
    secure: settings.flag("cookie-secure"),
    httpOnly: settings.flag("cookie-httponly"),
    ...(sameSite === undefined ? {} : { sameSite }),
  };
}

function resolveName({ settings, problems }: Resolving): string {
  const name = settings.text("cookie-name");
  const place = settings.place("cookie-name");
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
    const message = `invalid cookie name: ${JSON.stringify(name)}`;
    problems.push(errorAt(place, message, "Use letters, digits, - and _."));
  }
  if (name.length > 256) {
    const message = `cookie name should be under 256 characters: cookie name is ${name.length} characters`;
    problems.push(errorAt(place, message, "Use a shorter name."));
  }
  return name;
}

/** Browsers ignore the leading dot, so it goes; what cannot be a domain would only get the cookie refused. */
function resolveDomains({ settings, problems }: Resolving): readonly string[] {
  const place = settings.place("cookie-domain");
  const domains: string[] = [];
  for (const entry of settings.list("cookie-domain")) {
    const domain = entry.replace(/^\./, "");
    if (/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(domain)) domains.push(domain);
    else problems.push(warningAt(place, `${JSON.stringify(entry)} is no domain and is ignored.`, "Write example.com."));
  }
  return domains;
}

const SAME_SITE: ReadonlyMap<string, "Lax" | "Strict" | "None" | undefined> = new Map([
  ["", undefined],
  ["lax", "Lax"],
  ["strict", "Strict"],
  ["none", "None"],
]);

/** Undefined: the attribute is not sent. A wrong value of the sign-in's cookie only shows when somebody signs in there. */
export function resolveSameSite(
  { settings, problems }: Resolving,
  option: "cookie-samesite" | "cookie-csrf-samesite",
): "Lax" | "Strict" | "None" | undefined {
  const text = settings.text(option);
  if (SAME_SITE.has(text)) return SAME_SITE.get(text);
  const message = `${option.replaceAll("-", "_")} ("${text}") must be one of ['', 'lax', 'strict', 'none']`;
  const isFatal = option === "cookie-samesite";
  const remedy = isFatal ? "Write one of them, in lower case." : "Until then --cookie-samesite holds for it.";
  problems.push((isFatal ? errorAt : warningAt)(settings.place(option), message, remedy));
  return undefined;
}
