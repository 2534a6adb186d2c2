/** One thing wrong with a native file, at a path in it; `load` adds where that is. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly remedy: string;
  /** Point at the key itself, not at its value. */
  readonly atKey?: boolean;
}

export function errorAt(path: Finding["path"], message: string, remedy: string): Finding {
  return { severity: "error", path, message, remedy };
}

export function warningAt(path: Finding["path"], message: string, remedy: string): Finding {
  return { severity: "warning", path, message, remedy };
}

/** `apps[0].rules[1].paths` */
export function renderPath(path: Finding["path"]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${part}`))
    .join("");
}
