import type { ExchangeError } from "../../http/exchange.ts";
import { PublicError } from "../../protocol/public-error.ts";

/** What the person may be told about an upstream that did not answer. Its name is in the cause, for the log. */
export function upstreamError(error: ExchangeError, origin: string): PublicError {
  const cause = new Error(`upstream ${origin}: ${error.message}`, { cause: error.cause });
  if (error.code === "timeout") {
    const publicMessage = "The application took too long to answer.";
    return new PublicError({ status: 504, code: "upstream_timeout", publicMessage, cause });
  }
  const publicMessage = "The application cannot be reached at the moment.";
  return new PublicError({ status: 502, code: "upstream_unreachable", publicMessage, cause });
}
