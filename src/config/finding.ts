/** Where something is in a native file. */
export type Path = readonly (string | number)[];

/** One thing wrong with a native file, at a path in it; `load` adds where that is. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
  /** Point at the key itself, not at its value. */
  readonly atKey?: boolean;
  /** For an unknown key: the key that was probably meant. */
  readonly meant?: Path;
  /** The finding is about these keys not being there: it is no news when one of them is there, but misspelt or wrong. */
  readonly absent?: readonly Path[];
}

export function errorAt(path: Path, message: string, remedy: string): Finding {
  return { severity: "error", path, message, remedy };
}

export function warningAt(path: Path, message: string, remedy: string): Finding {
  return { severity: "warning", path, message, remedy };
}

/** `apps[0].rules[1].paths`; a key that is no plain word is quoted, so that the path stays on one line. */
export function renderPath(path: Path): string {
  return path.map(renderPart).join("");
}

function renderPart(part: string | number, index: number): string {
  if (typeof part === "number") return `[${part}]`;
  if (!/^[\w-]{1,80}$/.test(part)) return `[${JSON.stringify(part.slice(0, 80))}]`;
  return index === 0 ? part : `.${part}`;
}

/** Each finding once, without those that another one explains. */
export function distinctFindings(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = `${renderPath(finding.path)}\n${finding.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return finding.absent === undefined || !isExplained(finding.absent, findings);
  });
}

function isExplained(absent: readonly Path[], findings: readonly Finding[]): boolean {
  return findings.some(
    (other) => other.absent === undefined && absent.some((path) => startsWith(other.meant ?? other.path, path)),
  );
}

function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((part, index) => part === path[index]);
}
