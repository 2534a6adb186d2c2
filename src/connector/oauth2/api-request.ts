import { ConnectorError } from "../connector-error.ts";
import {
  askUpstream,
  type Fetch,
  parseJson,
  unreachable,
  untrusted,
  type UpstreamAnswer,
} from "../oidc/upstream-request.ts";

export interface ApiRequest {
  /** What is asked for, in words for an operator, such as `GitHub's list of teams`. */
  readonly what: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes it a POST of a form. */
  readonly form?: URLSearchParams;
  /** Makes it a POST of this JSON text. */
  readonly json?: string;
}

const MAX_REDIRECTS = 5;
const MAX_WAIT_SECONDS = 3600;

/**
 * Ask a vendor's interface: at most ten seconds, at most 1 MiB of answer. A GET follows redirects within its own origin, as
 * GitHub asks of its clients for renamed repositories; never to another, which would get the token.
 *
 * @returns the answer of any status but those that pass by themselves.
 * @throws {ConnectorError} `unreachable` for 408, 429 and 5xx, for a 403 that is a rate limit, and when there is no answer.
 */
export async function askApi(fetch: Fetch, request: ApiRequest): Promise<UpstreamAnswer> {
  let limit: ConnectorError | undefined;
  const send: Fetch = async (url, init = {}) => {
    const response = await fetchWithinOrigin(
      fetch,
      url,
      request.json === undefined ? init : asJson(init, request.json),
    );
    limit = rateLimit(response, request.what);
    return response;
  };
  const { what, url, headers, form } = request;
  const answer = await askUpstream(send, {
    what,
    url: url.href,
    headers: { "User-Agent": "gatehouse", ...headers }, // GitHub refuses who does not say who asks
    ...(form && { form }),
  }).catch((error: unknown) => {
    throw limit ?? error;
  });
  if (limit !== undefined) throw limit;
  return answer;
}

/**
 * Ask for a JSON document.
 *
 * @throws {ConnectorError} as {@link askApi}; `denied` for 401 and 403, which speak of the person's token; `untrusted` for
 *   everything else that is not 200 with JSON.
 */
export async function askForJson(fetch: Fetch, request: ApiRequest): Promise<unknown> {
  return jsonOf(await askApi(fetch, request), request.what);
}

/**
 * The JSON document of an answer.
 *
 * @param what was asked for.
 * @throws {ConnectorError} as {@link askForJson}.
 */
export function jsonOf({ status, text }: UpstreamAnswer, what: string): unknown {
  if (status !== 200) throw unexpectedStatus(status, what);
  const document = parseJson(text);
  if (document === undefined) throw untrusted(`${what} is not usable: it is not JSON`);
  return document;
}

/** 401 and 403 speak of the person's token; anything else is no answer to what was asked. */
export function unexpectedStatus(status: number, what: string): ConnectorError {
  if (status === 401 || status === 403) return denied(`${what} was refused with ${status}`);
  return untrusted(`${what} is not usable: answered ${status}`);
}

/** @param reason for the log. */
export function denied(reason: string): ConnectorError {
  return new ConnectorError("denied", "The identity provider did not accept this sign-in.", new Error(reason));
}

function asJson(init: RequestInit, json: string): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("Content-Type", "application/json");
  return { ...init, method: "POST", headers, body: json };
}

async function fetchWithinOrigin(fetch: Fetch, start: string, init: RequestInit): Promise<Response> {
  let url = new URL(start);
  for (let followed = 0; ; followed++) {
    const response = await fetch(url.href, init);
    const target = init.body === undefined ? redirectTarget(response, url) : undefined;
    if (target === undefined || followed === MAX_REDIRECTS) return response;
    await response.body?.cancel();
    url = target;
  }
}

function redirectTarget(response: Response, from: URL): URL | undefined {
  if (![301, 302, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get("location");
  const target = location === null ? null : URL.parse(location, from);
  return target?.origin === from.origin ? target : undefined;
}

/** GitHub and others limit with 403 as well as with 429 (RFC 6585 §4), and say so in these headers. */
function rateLimit({ status, headers }: Response, what: string): ConnectorError | undefined {
  const retryAfter = headers.get("retry-after");
  const limited =
    status === 429 || (status === 403 && (retryAfter !== null || headers.get("x-ratelimit-remaining") === "0"));
  if (!limited) return undefined;
  const told = Number(retryAfter ?? Number.NaN);
  if (!(told >= 1)) return unreachable(`${what} is limited for now (${status})`);
  return new ConnectorError(
    "unreachable",
    "The identity provider cannot be reached at the moment.",
    new Error(`${what} is limited for ${told} s (${status})`),
    { status: 503, code: "connector_unreachable", retryAfterSeconds: Math.min(Math.ceil(told), MAX_WAIT_SECONDS) },
  );
}
