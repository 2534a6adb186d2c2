import type { ConnectorError } from "../connector-error.ts";
import { type Fetch, isRecord, parseJson, unreachable, untrusted } from "../oidc/upstream-request.ts";
import { askApi, denied } from "./api-request.ts";
import { textAt } from "./json-field.ts";

export interface TokenReply {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** Seconds from now; absent when not told. */
  readonly expiresIn?: number;
}

/** Errors that speak of us and not of the person: the operator's to mend. GitHub has a word of its own. */
const CLIENT_ERRORS = new Set(["invalid_client", "unauthorized_client", "incorrect_client_credentials"]);

/**
 * The code of a callback.
 * @throws {ConnectorError} `denied` when there is none, `untrusted` when there are several.
 */
export function readCode(callback: URLSearchParams): string {
  const codes = callback.getAll("code");
  const [code = ""] = codes;
  if (codes.length > 1) throw untrusted("the callback has several codes");
  if (code === "" || callback.has("error")) throw denied("the callback has no code");
  return code;
}

/**
 * Ask a token endpoint. Some vendors answer with a form, and some report errors with status 200.
 *
 * @param form with the client's credentials.
 * @throws {ConnectorError} `denied` when the code (or refresh token) is refused; `unreachable` when we are, or when there is no
 *   answer; `untrusted` when the answer has no access token.
 * @see RFC 6749 §4.1.3, §5
 */
export async function requestToken(
  fetch: Fetch,
  endpoint: URL,
  form: Readonly<Record<string, string>>,
): Promise<TokenReply> {
  const what = "the token endpoint";
  const { status, text } = await askApi(fetch, { what, url: endpoint, headers: {}, form: new URLSearchParams(form) });
  const json = parseJson(text);
  const fields = isRecord(json) ? json : Object.fromEntries(new URLSearchParams(text));
  const error = textAt(fields, "error");
  if (status !== 200 || error !== undefined) throw refusal(status, error ?? "");
  const accessToken = tokenAt(fields, "access_token");
  if (accessToken === undefined) throw untrusted("the token endpoint answered without a usable access token");
  return { accessToken, ...optionalParts(fields) };
}

function optionalParts(fields: unknown): Omit<TokenReply, "accessToken"> {
  const refreshToken = tokenAt(fields, "refresh_token");
  const idToken = tokenAt(fields, "id_token");
  const expiresIn = isRecord(fields) ? Number(fields.expires_in ?? Number.NaN) : Number.NaN;
  return {
    ...(refreshToken !== undefined && { refreshToken }),
    ...(idToken !== undefined && { idToken }),
    ...(Number.isFinite(expiresIn) && expiresIn > 0 && { expiresIn }),
  };
}

function refusal(status: number, error: string): ConnectorError {
  const word = /^[a-z_]{1,60}$/.test(error) ? ` (${error})` : ""; // anything longer may repeat what was sent
  const reason = `the token endpoint answered ${status}${word}`;
  return refusesClient(status, error) ? unreachable(reason) : denied(reason);
}

/** Does a refusal speak of us, and not of the person? Then it is the operator's to mend. */
export function refusesClient(status: number, error: string): boolean {
  return CLIENT_ERRORS.has(error) || status === 401 || status === 404 || status === 405;
}

/** Only what can go into a header: `fetch` would name it in its error otherwise. */
function tokenAt(fields: unknown, name: string): string | undefined {
  const token = textAt(fields, name);
  return token !== undefined && /^[\x21-\x7e]+$/.test(token) ? token : undefined;
}
