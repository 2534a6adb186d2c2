import { readFormText } from "../../http/form.ts";
import { queryProblem } from "../../protocol/percent-encoding.ts";
import type { RequestScope } from "./request-scope.ts";

/** The fields of a request, those of its body before those of its query. */
export interface FormValues {
  /** The first value; empty when there is none. */
  get(name: string): string;
}

/** Why the fields of a request could not be read, in the original's words. */
export class FormError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FormError";
  }
}

/**
 * Read the fields of a request. A body is read only when it is a form, and only where the request goes no further.
 *
 * @throws {FormError} when body or query is malformed: a semicolon or a broken escape, which readers understand in different ways.
 * @throws {PublicError} when the body is too large, too slow or not UTF-8.
 */
export function readFormValues(scope: RequestScope): Promise<FormValues> {
  scope.form ??= read(scope);
  return scope.form;
}

async function read({ request, query }: RequestScope): Promise<FormValues> {
  const body = hasForm(request) ? await readFormText(request) : "";
  const problem = queryProblem(body) ?? queryProblem(query);
  if (problem !== undefined) throw new FormError(problem);
  const inBody = new URLSearchParams(body);
  const inQuery = new URLSearchParams(query);
  return { get: (name) => inBody.get(name) ?? inQuery.get(name) ?? "" };
}

function hasForm({ method }: Request): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}
