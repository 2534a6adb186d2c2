import { readForm } from "../http/form.ts";
import { queryOf } from "../http/request-target.ts";
import { queryProblem } from "../protocol/percent-encoding.ts";
import { PublicError } from "../protocol/public-error.ts";

/**
 * The parameters of a request to `/auth`: of the body, then of the query; the first of a name counts.
 *
 * @throws {PublicError} 400 when the query has a `;`, which some parsers take for a separator, or broken percent-encoding, which
 * parsers repair each in its own way.
 */
export async function readParameters(request: Request): Promise<URLSearchParams> {
  const query = queryOf(request);
  if (queryProblem(query) !== undefined) {
    throw new PublicError({ status: 400, code: "bad_request", publicMessage: "Invalid request. Please try again." });
  }
  const form = ["POST", "PUT", "PATCH"].includes(request.method) ? await readForm(request) : [];
  return new URLSearchParams([...form, ...new URLSearchParams(query)]);
}
