import { readFile } from "node:fs/promises";
import { askApi } from "../oauth2/api-request.ts";
import { fieldAt, textAt } from "../oauth2/json-field.ts";
import { isRecord, parseJson, unreachable } from "../oidc/upstream-request.ts";
import { askForToken, type GoogleToken, type GoogleTokenDeps } from "./google-token.ts";

/** Workload identity federation: a token of another issuer, such as a Kubernetes cluster, is exchanged for one of Google's. */
export interface ExternalAccount {
  readonly audience: string;
  readonly subjectTokenType: string;
  readonly tokenUrl: URL;
  /** Where a token of a service account is made; absent: the exchanged token is used itself. */
  readonly impersonationUrl?: URL;
  readonly source: SubjectTokenSource;
}

interface SubjectTokenSource {
  /** Path of a file, or the URL that tells the token. */
  readonly place: { readonly file: string } | { readonly url: URL; readonly headers: Readonly<Record<string, string>> };
  /** Member of the JSON that holds the token; absent: the text is the token. */
  readonly field?: string;
}

/** @param document the parsed credentials file. @throws {Error} saying what it lacks. */
export function readExternalAccount(document: unknown): ExternalAccount {
  const audience = textAt(document, "audience") ?? "";
  const subjectTokenType = textAt(document, "subject_token_type") ?? "";
  const tokenUrl = URL.parse(textAt(document, "token_url") ?? "");
  if (audience === "" || subjectTokenType === "" || tokenUrl === null) {
    throw new Error('its "audience", "subject_token_type" or "token_url" is not usable');
  }
  const impersonationUrl = URL.parse(textAt(document, "service_account_impersonation_url") ?? "") ?? undefined;
  const source = readSource(fieldAt(document, ["credential_source"]));
  return { audience, subjectTokenType, tokenUrl, source, ...(impersonationUrl && { impersonationUrl }) };
}

function readSource(document: unknown): SubjectTokenSource {
  const file = textAt(document, "file") ?? "";
  const url = URL.parse(textAt(document, "url") ?? "");
  const isOther = textAt(document, "environment_id") !== undefined; // AWS signs its requests instead
  if (isOther || (file === "" && url === null))
    throw new Error('its "credential_source" names neither a file nor a URL');
  const field =
    textAt(document, "format", "type") === "json" ? textAt(document, "format", "subject_token_field_name") : undefined;
  const headers = fieldAt(document, ["headers"]);
  const given = isRecord(headers) ? Object.entries(headers).map(([name, value]) => [name, String(value)]) : [];
  const place = url === null ? { file } : { url, headers: Object.fromEntries(given) };
  return { place, ...(field !== undefined && { field }) };
}

/** @see https://google.aip.dev/auth/4117, RFC 8693 §2.1. @returns undefined when the account may not have this scope. */
export async function externalAccountToken(
  deps: GoogleTokenDeps,
  account: ExternalAccount,
  scope: string,
): Promise<GoogleToken | undefined> {
  const form = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    audience: account.audience,
    scope,
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    subject_token: await readSubjectToken(deps, account.source),
    subject_token_type: account.subjectTokenType,
  });
  const exchange = { what: "Google's token exchange", url: account.tokenUrl, headers: {}, form };
  const exchanged = await askForToken(deps, exchange);
  if (exchanged === undefined || account.impersonationUrl === undefined) return exchanged;
  return askForToken(deps, {
    what: "Google's credentials interface",
    url: account.impersonationUrl,
    headers: { Authorization: `Bearer ${exchanged.accessToken}` },
    json: JSON.stringify({ scope: [scope], lifetime: "3600s" }),
  });
}

/** Read anew each time: a cluster replaces the token before it ends. */
async function readSubjectToken(deps: GoogleTokenDeps, { place, field }: SubjectTokenSource): Promise<string> {
  const text = "file" in place ? await readTokenFile(place.file) : await askForSubjectToken(deps, place);
  const token = field === undefined ? text.trim() : (textAt(parseJson(text), field) ?? "");
  if (token === "") throw unreachable("the subject token of the default credentials is empty");
  return token;
}

async function readTokenFile(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => {
    throw unreachable(`the subject token's file ${file} cannot be read`);
  });
}

async function askForSubjectToken(
  deps: GoogleTokenDeps,
  place: { readonly url: URL; readonly headers: Readonly<Record<string, string>> },
): Promise<string> {
  const { status, text } = await askApi(deps.fetch, { what: "the source of the subject token", ...place });
  if (status !== 200) throw unreachable(`the source of the subject token answered ${status}`);
  return text;
}
