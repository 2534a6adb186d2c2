import { ExchangeError, type HeaderField, type IncomingResponse, type OutgoingRequest } from "../../http/exchange.ts";

/** `fetch` adds these when they are missing, and the upstream would answer to what no client asked for. */
const ADDED_BY_FETCH: readonly HeaderField[] = [
  ["accept", "*/*"],
  ["accept-encoding", "identity"],
  ["user-agent", ""],
];

/**
 * An exchange over `fetch`, for https: certificates are verified against the origin's name, whatever `Host` says.
 *
 * @throws {ExchangeError}
 */
export async function exchangeByFetch(request: OutgoingRequest): Promise<IncomingResponse> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), request.timeoutSeconds * 1000);
  try {
    const response = await fetch(`${request.origin}${request.target}`, {
      method: request.method,
      headers: outgoingHeaders(request),
      body: request.body ?? null,
      redirect: "manual",
      decompress: false,
      signal: AbortSignal.any([request.client.signal, timeout.signal]),
      tls: { serverName: new URL(request.origin).hostname },
    });
    return { status: response.status, headers: [...response.headers], body: response.body ?? undefined };
  } catch (cause) {
    throw exchangeError(request, timeout.signal.aborted, cause);
  } finally {
    clearTimeout(timer);
  }
}

function outgoingHeaders({ headers, body, bodyLength }: OutgoingRequest): Headers {
  const outgoing = new Headers();
  for (const [name, value] of headers) outgoing.append(name, value);
  for (const [name, value] of ADDED_BY_FETCH) if (!outgoing.has(name)) outgoing.set(name, value);
  if (body !== undefined && bodyLength !== undefined) outgoing.set("content-length", String(bodyLength));
  return outgoing;
}

function exchangeError(
  { origin, client, timeoutSeconds }: OutgoingRequest,
  late: boolean,
  cause: unknown,
): ExchangeError {
  if (client.signal.aborted) return new ExchangeError("aborted", "the client has gone", cause);
  if (late) return new ExchangeError("timeout", `no answer within ${timeoutSeconds} s`, cause);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const early = code === "ECONNRESET" || code.startsWith("Malformed") || code.startsWith("Invalid");
  return new ExchangeError(early ? "broken" : "unreachable", `${origin} did not answer`, cause);
}
