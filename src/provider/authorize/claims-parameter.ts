import type { RequestedClaims } from "../request-extras.ts";

/** @returns undefined when the `claims` parameter is no JSON object of the form that OpenID Connect Core §5.5 gives. */
export function parseClaimsParameter(text: string): RequestedClaims | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const idToken = membersOf(value, "id_token");
  const userinfo = membersOf(value, "userinfo");
  if (idToken === undefined || userinfo === undefined) return undefined;
  const subject = membersOf(idToken, "sub")?.["value"];
  return {
    idToken: Object.keys(idToken),
    userinfo: Object.keys(userinfo),
    ...(typeof subject === "string" ? { subject } : {}),
  };
}

/** A `claims` parameter that {@link parseClaimsParameter} reads as the same. */
export function formatClaimsParameter({ idToken, userinfo, subject }: RequestedClaims): string {
  const members = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, null]));
  const sub = subject === undefined ? {} : { sub: { value: subject } };
  return JSON.stringify({ id_token: { ...members(idToken), ...sub }, userinfo: members(userinfo) });
}

/** The object at a name; an empty one when there is none, undefined when it is something else. */
function membersOf(value: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(value)) return undefined;
  const member = value[name] ?? {};
  return isObject(member) ? member : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
