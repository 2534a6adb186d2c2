import type { CookieConfiguration, SealedSessionConfiguration } from "../configuration.ts";
import { formatGoDuration } from "../go-duration.ts";
import { Secret } from "../../protocol/secret.ts";
import { cookieSecretLength, isKeyLength } from "./cookie-secret.ts";
import { errorAt, warningAt } from "./raw-setting.ts";
import { readSecretFile } from "./read-secret-file.ts";
import { type Resolving, notNegative } from "./resolving.ts";

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

/** The session that the cookie carries whole. */
export function resolveSession(resolving: Resolving): SealedSessionConfiguration {
  const { settings, problems } = resolving;
  const expireSeconds = notNegative(resolving, "cookie-expire");
  const refreshSeconds = notNegative(resolving, "cookie-refresh");
  if (expireSeconds !== 0 && refreshSeconds >= expireSeconds) {
    const [refresh, expire] = [formatGoDuration(refreshSeconds), formatGoDuration(expireSeconds)];
    const message = `cookie_refresh ("${refresh}") must be less than cookie_expire ("${expire}")`;
    problems.push(errorAt(settings.place("cookie-refresh"), message, "Refresh earlier, or let sessions live longer."));
  }
  return {
    kind: "oauth2-proxy-cookie",
    minimal: false,
    secret: new Secret(resolveSecret(resolving)),
    expireSeconds,
    refreshSeconds,
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

/** The literal secret wins over the file, which is then not read, as in the original. */
function resolveSecret(resolving: Resolving): string {
  const { settings, problems } = resolving;
  const literal = settings.text("cookie-secret");
  const option = literal === "" && settings.text("cookie-secret-file") !== "" ? "cookie-secret-file" : "cookie-secret";
  const secret = option === "cookie-secret" ? literal : readSecretFile(resolving, option);
  if (secret === undefined) return "";
  const place = settings.place(option);
  const remedy = "Make one with: openssl rand -base64 32 | tr -- '+/' '-_'";
  if (secret === "" && option === "cookie-secret") {
    problems.push(errorAt(place, "missing setting: cookie-secret or cookie-secret-file", remedy));
  } else if (!isKeyLength(cookieSecretLength(secret))) {
    const length = cookieSecretLength(secret);
    const source = option === "cookie-secret" ? "" : " from file";
    const message = `cookie_secret${source} must be 16, 24, or 32 bytes to create an AES cipher, but is ${length} bytes`;
    problems.push(errorAt(place, message, remedy));
  }
  return secret;
}
