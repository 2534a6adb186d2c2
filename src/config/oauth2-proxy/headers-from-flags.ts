import type { OptionName } from "./options.ts";
import type { Resolving } from "./resolving.ts";
import type { StructuredHeader, StructuredHeaderValue } from "./structured-options.ts";

/** A header that flags ask for, and the flag that a problem with it is to be reported at. */
interface FlagHeader {
  readonly header: StructuredHeader;
  readonly option: OptionName<"bool">;
}

/** What an upstream is told. `pass-user-headers` is a part of `pass-basic-auth`, which is on by default. */
export function requestHeadersFromFlags({ settings }: Resolving): readonly FlagHeader[] {
  const preserve = !settings.flag("skip-auth-strip-headers");
  const passBasicAuth = settings.flag("pass-basic-auth");
  const headers: FlagHeader[] = [];
  const add = (option: OptionName<"bool">, ...added: readonly StructuredHeader[]): void => {
    for (const header of added) headers.push({ option, header: { ...header, preserveRequestValue: preserve } });
  };
  if (passBasicAuth && settings.text("basic-auth-password") !== "") add("pass-basic-auth", basicAuthHeader(settings));
  if (passBasicAuth || settings.flag("pass-user-headers")) add("pass-user-headers", ...userHeaders(settings));
  if (settings.flag("pass-access-token"))
    add("pass-access-token", claimHeader("X-Forwarded-Access-Token", "access_token"));
  if (settings.flag("pass-authorization-header")) add("pass-authorization-header", BEARER);
  return headers;
}

/** What the gateway, or the browser, is told. */
export function responseHeadersFromFlags({ settings }: Resolving): readonly FlagHeader[] {
  const headers: FlagHeader[] = [];
  if (settings.flag("set-xauthrequest")) {
    for (const header of AUTH_REQUEST) headers.push({ option: "set-xauthrequest", header });
    if (settings.flag("pass-access-token")) {
      const header = claimHeader("X-Auth-Request-Access-Token", "access_token");
      headers.push({ option: "pass-access-token", header });
    }
  }
  if (settings.flag("set-basic-auth")) headers.push({ option: "set-basic-auth", header: basicAuthHeader(settings) });
  if (settings.flag("set-authorization-header")) headers.push({ option: "set-authorization-header", header: BEARER });
  return headers;
}

function basicAuthHeader(settings: Resolving["settings"]): StructuredHeader {
  const claim = settings.flag("prefer-email-to-user") ? "email" : "user";
  const basicAuthPassword = { value: settings.text("basic-auth-password") };
  return header("Authorization", { claimSource: { claim, prefix: "Basic ", basicAuthPassword } });
}

/** With `prefer-email-to-user` the address takes the user's place, and there is no header of its own for it. */
function userHeaders(settings: Resolving["settings"]): readonly StructuredHeader[] {
  const users = settings.flag("prefer-email-to-user")
    ? [claimHeader("X-Forwarded-User", "email")]
    : [claimHeader("X-Forwarded-User", "user"), claimHeader("X-Forwarded-Email", "email")];
  return [
    claimHeader("X-Forwarded-Groups", "groups"),
    ...users,
    claimHeader("X-Forwarded-Preferred-Username", "preferred_username"),
  ];
}

const header = (name: string, value: StructuredHeaderValue): StructuredHeader => ({
  name,
  preserveRequestValue: false,
  InsecureSkipHeaderNormalization: false,
  values: [value],
});

const claimHeader = (name: string, claim: string, prefix = ""): StructuredHeader =>
  header(name, { claimSource: { claim, prefix } });

const BEARER: StructuredHeader = claimHeader("Authorization", "id_token", "Bearer ");

const AUTH_REQUEST: readonly StructuredHeader[] = [
  claimHeader("X-Auth-Request-User", "user"),
  claimHeader("X-Auth-Request-Email", "email"),
  claimHeader("X-Auth-Request-Preferred-Username", "preferred_username"),
  claimHeader("X-Auth-Request-Groups", "groups"),
];
