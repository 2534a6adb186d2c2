import { goQuery } from "../../../protocol/go-query.ts";
import type { RegularExpression } from "../../../protocol/regular-expression.ts";
import { encodePath } from "./request-path.ts";

/** What is asked for. */
export interface RequestTarget {
  /** As sent. */
  readonly rawPath: string;
  /** Decoded. */
  readonly path: string;
  /** The query with its `?`; empty when there is none. */
  readonly search: string;
}

/**
 * What an upstream with a `rewriteTarget` is asked for: the decoded path with every match replaced. A query in the replacement
 * is added to the request's; the whole query is then sorted and encoded anew.
 *
 * @param replacement may contain `$1` and `${name}`.
 */
export function rewrite(expression: RegularExpression, replacement: string, asked: RequestTarget): RequestTarget {
  const rewritten = expression.replaceAll(asked.path, replacement);
  const mark = rewritten.indexOf("?");
  const path = rooted(mark === -1 ? rewritten : rewritten.slice(0, mark));
  const added = mark === -1 ? "" : rewritten.slice(mark);
  const query = goQuery([...new URLSearchParams(asked.search), ...new URLSearchParams(added)]);
  return {
    rawPath: path === asked.path ? asked.rawPath : encodePath(path),
    path,
    search: query === "" ? "" : `?${query}`,
  };
}

function rooted(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}
