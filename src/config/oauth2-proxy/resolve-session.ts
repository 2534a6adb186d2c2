import type { OriginalSessionLimits, SessionConfiguration } from "../configuration.ts";
import { formatGoDuration } from "../go-duration.ts";
import { Secret } from "../../protocol/secret.ts";
import { cookieSecretLength, isKeyLength } from "./cookie-secret.ts";
import { errorAt, warningAt } from "./raw-setting.ts";
import { resolveRedis } from "./resolve-redis.ts";
import { type Resolving, notNegative } from "./resolving.ts";
import { fileTrouble } from "./structured/structured-resolving.ts";
import type { StructuredHeader, StructuredOptions } from "./structured-options.ts";

/** Where sessions live, and for how long. */
export function resolveSession(
  resolving: Resolving,
  structured: Pick<StructuredOptions, "injectRequestHeaders" | "injectResponseHeaders">,
): SessionConfiguration {
  const { settings, problems } = resolving;
  const limits = resolveLimits(resolving);
  const minimal = settings.flag("session-cookie-minimal");
  if (minimal) {
    refuseTokenUse(resolving, [...structured.injectRequestHeaders, ...structured.injectResponseHeaders]);
  }
  const type = settings.text("session-store-type");
  if (type === "redis") {
    const cacheSeconds = resolveCacheSeconds(resolving);
    return { kind: "oauth2-proxy-redis", redis: resolveRedis(resolving), cacheSeconds, ...limits };
  }
  if (type !== "cookie") {
    const message = `error initialising session store: unknown session store type '${type}'`;
    problems.push(errorAt(settings.place("session-store-type"), message, "Write cookie or redis."));
  }
  return { kind: "oauth2-proxy-cookie", minimal, ...limits };
}

function resolveLimits(resolving: Resolving): OriginalSessionLimits {
  const { settings, problems } = resolving;
  const expireSeconds = notNegative(resolving, "cookie-expire");
  // The original takes a negative time for no refresh at all.
  const refreshSeconds = Math.max(0, settings.seconds("cookie-refresh"));
  if (expireSeconds !== 0 && refreshSeconds >= expireSeconds) {
    const [refresh, expire] = [formatGoDuration(refreshSeconds), formatGoDuration(expireSeconds)];
    const message = `cookie_refresh ("${refresh}") must be less than cookie_expire ("${expire}")`;
    problems.push(errorAt(settings.place("cookie-refresh"), message, "Refresh earlier, or let sessions live longer."));
  }
  return { secret: new Secret(resolveSecret(resolving)), expireSeconds, refreshSeconds };
}

const MAX_CACHE_SECONDS = 10;

function resolveCacheSeconds({ settings, problems }: Resolving): number {
  const seconds = settings.seconds("session-cache");
  if (seconds >= 0 && seconds <= MAX_CACHE_SECONDS) return seconds;
  const remedy = "Write 0s to 10s.";
  problems.push(errorAt(settings.place("session-cache"), "is no time a session may be cached for.", remedy));
  return 0;
}

/** What needs the tokens that such a session leaves out. */
function refuseTokenUse({ settings, problems }: Resolving, headers: readonly StructuredHeader[]): void {
  const place = settings.place("session-cookie-minimal");
  const refuse = (what: string): void => {
    const message = `${what} requires oauth tokens in sessions. session_cookie_minimal cannot be set`;
    problems.push(errorAt(place, message, "Remove the one or the other."));
  };
  for (const header of headers) {
    for (const { claimSource } of header.values) {
      const claim = claimSource?.claim;
      if (claim === "access_token" || claim === "id_token") {
        refuse(`${claim} claim for header ${JSON.stringify(header.name)}`);
      }
    }
  }
  if (settings.seconds("cookie-refresh") !== 0) refuse("cookie_refresh > 0");
}

/** The literal secret wins over the file, which is then not read, as in the original. */
function resolveSecret(resolving: Resolving): string {
  const { settings, problems } = resolving;
  const literal = settings.text("cookie-secret");
  const option = literal === "" && settings.text("cookie-secret-file") !== "" ? "cookie-secret-file" : "cookie-secret";
  const secret = option === "cookie-secret" ? literal : readSecretFile(resolving);
  if (secret === undefined) return "";
  const place = settings.place(option);
  if (secret === "" && option === "cookie-secret") {
    problems.push(errorAt(place, "missing setting: cookie-secret or cookie-secret-file", REMEDY));
  } else if (!isUsable(secret)) {
    const source = option === "cookie-secret" ? "" : " from file";
    const length = cookieSecretLength(secret);
    const message = `cookie_secret${source} must be 16, 24, or 32 bytes to create an AES cipher, but is ${length} bytes`;
    problems.push(errorAt(place, message, REMEDY));
  }
  if (secret === CHART_PLACEHOLDER) {
    problems.push(warningAt(place, "is the placeholder of the Helm chart, which everybody knows.", REMEDY));
  }
  return secret;
}

/** Whoever installs the original's chart without values runs with it. */
const CHART_PLACEHOLDER = "X".repeat(16);
const REMEDY = "Make one with: openssl rand -base64 32 | tr -- '+/' '-_'";

const isUsable = (secret: string): boolean => isKeyLength(cookieSecretLength(secret));

/**
 * The secret in a file. A line end at its end is part of the key that the original signs with, so it stays wherever the
 * original could start with it, or everybody would be signed out; elsewhere it is dropped.
 *
 * @returns undefined, with an error added, when the file cannot be read.
 */
function readSecretFile({ settings, problems, readFile }: Resolving): string | undefined {
  const path = settings.text("cookie-secret-file");
  try {
    const text = readFile(path);
    return isUsable(text) ? text : text.replace(/\r?\n$/, "");
  } catch (error) {
    const message = `could not read cookie secret file: ${path} (${fileTrouble(path, error)})`;
    problems.push(errorAt(settings.place("cookie-secret-file"), message, "Check its name and its mode."));
    return undefined;
  }
}
