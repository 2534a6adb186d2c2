import type { AtlassianCrowdUpstream } from "../../../config/dex-connector-configuration.ts";
import { askApi } from "../../oauth2/api-request.ts";
import { fieldAt, recordsAt, textAt } from "../../oauth2/json-field.ts";
import { type Fetch, parseJson, unreachable, type UpstreamAnswer } from "../../oidc/upstream-request.ts";

export interface CrowdUser {
  readonly key: string;
  readonly name: string;
  readonly email: string;
}

/** Reasons of Crowd's that are about the person. Told apart, they would say who has an account. */
const NOBODY = new Set(["INVALID_USER_AUTHENTICATION", "INACTIVE_ACCOUNT", "EXPIRED_CREDENTIAL", "USER_NOT_FOUND"]);

/**
 * Begin a session at Crowd.
 *
 * @param password absent = Crowd is not to look at it; the session only lasts longer.
 * @returns false when Crowd refuses this person.
 * @throws {ConnectorError} `unreachable` when it refuses us, or answers anything else.
 */
export async function beginSession(
  fetch: Fetch,
  upstream: AtlassianCrowdUpstream,
  username: string,
  password?: string,
): Promise<boolean> {
  const path = password === undefined ? "/session?validate-password=false" : "/session";
  const answer = await ask(fetch, upstream, path, JSON.stringify({ username, password }));
  if (answer.status === 201) return true;
  if (NOBODY.has(textAt(parseJson(answer.text), "reason") ?? "")) return false;
  throw notUsable(`Crowd's ${path}`, answer);
}

/** @returns undefined for one that does not exist, or is not active any more. */
export async function findUser(
  fetch: Fetch,
  upstream: AtlassianCrowdUpstream,
  username: string,
): Promise<CrowdUser | undefined> {
  const answer = await ask(fetch, upstream, `/user?username=${encodeURIComponent(username)}`);
  const user = parseJson(answer.text);
  if (answer.status === 404 && textAt(user, "reason") === "USER_NOT_FOUND") return undefined;
  const [key, name] = [textAt(user, "key"), textAt(user, "name")];
  if (answer.status !== 200 || !key || !name) throw notUsable("Crowd's user", answer);
  if (fieldAt(user, ["active"]) === false) return undefined;
  return { key, name, email: textAt(user, "email") ?? "" };
}

/** Groups of groups among them. */
export async function findGroups(
  fetch: Fetch,
  upstream: AtlassianCrowdUpstream,
  username: string,
): Promise<readonly string[]> {
  const answer = await ask(fetch, upstream, `/user/group/nested?username=${encodeURIComponent(username)}`);
  const document = parseJson(answer.text);
  if (answer.status !== 200 || document === undefined) throw notUsable("Crowd's list of groups", answer);
  return recordsAt(document, "groups").flatMap((group) => textAt(group, "name") ?? []);
}

function ask(
  fetch: Fetch,
  { baseUrl, clientId, clientSecret }: AtlassianCrowdUpstream,
  path: string,
  json?: string,
): Promise<UpstreamAnswer> {
  const credentials = Buffer.from(`${clientId}:${clientSecret.reveal()}`).toString("base64");
  return askApi(fetch, {
    what: "Crowd",
    url: new URL(`${baseUrl.replace(/\/+$/, "")}/rest/usermanagement/1${path}`),
    headers: { Authorization: `Basic ${credentials}` },
    ...(json !== undefined && { json }),
  });
}

function notUsable(what: string, { status, text }: UpstreamAnswer): Error {
  const hint = status === 401 || status === 403 ? "; are clientID, clientSecret and our address allowed there?" : "";
  return unreachable(`${what} is not usable: answered ${status} ${textAt(parseJson(text), "reason") ?? ""}${hint}`);
}
