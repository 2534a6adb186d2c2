/** One thing wrong with a configuration. All of them are reported at once. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** File name as the user gave it, or where else it came from (`--flag`, `OAUTH2_PROXY_X`). */
  readonly source: string;
  /** 1-based; absent when the source has no lines. */
  readonly line?: number;
  readonly column?: number;
  /** `apps[0].rules[1].paths`, or the flag or variable. Empty for the whole file. */
  readonly path: string;
  /** What is wrong, a sentence. */
  readonly message: string;
  /** What to do, a sentence. */
  readonly remedy: string;
}

/** Every dialect loads to this. `configuration` is present when no problem is an error. */
export interface LoadResult<T> {
  readonly configuration?: T;
  readonly problems: readonly Problem[];
}

/** `file:line:column  path.to.key: what is wrong. What to do.` */
export function renderProblem(problem: Problem): string {
  const place = [problem.source, problem.line, problem.column].filter((part) => part !== undefined).join(":");
  const path = problem.path === "" ? "" : `${problem.path}: `;
  const warning = problem.severity === "warning" ? "warning: " : "";
  return `${place}  ${path}${warning}${problem.message} ${problem.remedy}`.trimEnd();
}
