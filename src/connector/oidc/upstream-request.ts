import { ConnectorError } from "../connector-error.ts";

/** The part of `fetch` that connectors use. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export interface UpstreamRequest {
  /** What is asked for, in words for an operator, such as `the token endpoint`. */
  readonly what: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes it a POST. A POST is never redirected: its body holds secrets. */
  readonly form?: URLSearchParams;
  /** Follow redirects of a GET. Default: no, so that credentials in headers stay at the host they are for. */
  readonly followRedirects?: boolean;
  /** Give back the answer whatever its status. Default: no. */
  readonly acceptAnyStatus?: boolean;
}

export interface UpstreamAnswer {
  readonly status: number;
  /** Lower case, without parameters; empty when absent. */
  readonly contentType: string;
  readonly text: string;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1_048_576;

/**
 * Ask an upstream: at most ten seconds for the whole exchange, at most 1 MiB of answer.
 *
 * @returns the answer of any status but a redirect that is not to be followed and 408, 429 and 5xx.
 * @throws {ConnectorError} `unreachable` in those cases, and when there is no answer. Its cause is an `Error` whose message
 *   is for the log and never holds what was sent.
 */
export async function askUpstream(fetch: Fetch, request: UpstreamRequest): Promise<UpstreamAnswer> {
  const answer = await exchange(fetch, request).catch((cause: unknown) => {
    throw unreachable(`${request.what} did not answer: ${describeFailure(cause)}`);
  });
  const { status } = answer;
  if (request.acceptAnyStatus === true) return answer;
  if ((status >= 300 && status < 400) || status === 408 || status === 429 || status >= 500) {
    throw unreachable(`${request.what} answered ${status}`);
  }
  return answer;
}

/** @param reason for the log. */
export function unreachable(reason: string): ConnectorError {
  return new ConnectorError("unreachable", "The identity provider cannot be reached at the moment.", new Error(reason));
}

/** @param reason for the log. */
export function untrusted(reason: string): ConnectorError {
  return new ConnectorError(
    "untrusted",
    "The answer of the identity provider could not be verified.",
    new Error(reason),
  );
}

/** The value of a JSON text, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Is this a JSON object? */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function exchange(fetch: Fetch, request: UpstreamRequest): Promise<UpstreamAnswer> {
  const response = await fetch(request.url, {
    method: request.form === undefined ? "GET" : "POST",
    headers: {
      Accept: "application/json",
      ...(request.form && { "Content-Type": "application/x-www-form-urlencoded" }),
      ...request.headers,
    },
    ...(request.form && { body: request.form.toString() }),
    redirect: request.followRedirects === true && request.form === undefined ? "follow" : "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const contentType = (response.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return { status: response.status, contentType, text: await readBounded(response) };
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`); // leaving the loop cancels the body
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A system's error names the address at most, never what was sent. */
function describeFailure(cause: unknown): string {
  if (!(cause instanceof Error)) return "unknown failure";
  if (cause.name === "TimeoutError") return `no answer within ${TIMEOUT_MS / 1000} s`;
  return cause.message;
}
