import type { KeystoneUpstream } from "../../../config/dex-connector-configuration.ts";
import { askApi, type ApiRequest } from "../../oauth2/api-request.ts";
import { fieldAt, recordsAt, textAt } from "../../oauth2/json-field.ts";
import { type Fetch, parseJson, unreachable } from "../../oidc/upstream-request.ts";

/** A token, and whose it is. */
export interface KeystoneToken {
  readonly token: string;
  readonly userId: string;
}

export interface KeystoneUser {
  /** Empty when not told. */
  readonly email: string;
}

/** What `uuid` of Go's programs takes for an id: 32 hexadecimal digits, with hyphens or without. */
const UUID = /^(?:urn:uuid:)?\{?[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}\}?$/i;

/**
 * Get a token for a name and a password.
 *
 * @returns undefined when they are wrong.
 * @throws {ConnectorError} `unreachable` for any other answer than a token.
 */
export async function requestToken(
  fetch: Fetch,
  { host, domain }: KeystoneUpstream,
  user: { readonly name: string; readonly password: string },
): Promise<KeystoneToken | undefined> {
  const what = "Keystone's token";
  let token = "";
  const remembering: Fetch = async (url, init) => {
    const response = await fetch(url, init);
    token = response.headers.get("x-subject-token") ?? "";
    return response;
  };
  const identity = { methods: ["password"], password: { user: { ...user, domain: domainOf(domain) } } };
  const request = {
    what,
    url: urlAt(host, "/v3/auth/tokens/"),
    headers: {},
    json: JSON.stringify({ auth: { identity } }),
  };
  const { status, text } = await askApi(remembering, request);
  if (status === 401) return undefined;
  const userId = status === 201 ? textAt(parseJson(text), "token", "user", "id") : undefined;
  if (token === "" || !userId) throw unreachable(`${what} is not usable: answered ${status}`);
  return { token, userId };
}

/** @returns undefined for one that does not exist any more, or is disabled. */
export async function findUser(
  fetch: Fetch,
  { host }: KeystoneUpstream,
  { token, userId }: KeystoneToken,
): Promise<KeystoneUser | undefined> {
  const document = await ask(fetch, {
    what: "Keystone's user",
    url: urlAt(host, `/v3/users/${encodeURIComponent(userId)}`),
    headers: { "X-Auth-Token": token },
  });
  if (document === undefined || fieldAt(document, ["user", "enabled"]) === false) return undefined;
  return { email: textAt(document, "user", "email") ?? "" };
}

export async function findGroups(
  fetch: Fetch,
  { host }: KeystoneUpstream,
  { token, userId }: KeystoneToken,
): Promise<readonly string[]> {
  const document = await ask(fetch, {
    what: "Keystone's list of groups",
    url: urlAt(host, `/v3/users/${encodeURIComponent(userId)}/groups`),
    headers: { "X-Auth-Token": token },
  });
  return recordsAt(document, "groups").flatMap((group) => textAt(group, "name") ?? []);
}

/** @returns undefined for 404. */
async function ask(fetch: Fetch, request: ApiRequest): Promise<unknown> {
  const { status, text } = await askApi(fetch, request);
  if (status === 404) return undefined;
  const document = status === 200 ? parseJson(text) : undefined;
  if (document === undefined) throw unreachable(`${request.what} is not usable: answered ${status}`);
  return document;
}

function urlAt(host: string, path: string): URL {
  return new URL(`${host.replace(/\/+$/, "")}${path}`);
}

/** A domain is named by its id or by its name. */
function domainOf(domain: string): { readonly id: string } | { readonly name: string } {
  return domain === "default" || UUID.test(domain) ? { id: domain } : { name: domain };
}
