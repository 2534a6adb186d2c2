import { lowerAscii } from "../allow.ts";

/**
 * The addresses of an e-mail file: the first field of each line, in lower case. Lines that begin with `#` are comments. A line that is
 * no plain CSV is read as far as its first field goes, so that one odd line does not lose the others.
 */
export function parseEmailsFile(text: string): ReadonlySet<string> {
  const addresses = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"))
    .map((line) => lowerAscii(firstField(line)))
    .filter((address) => address !== "");
  return new Set(addresses);
}

function firstField(line: string): string {
  const start = line.trimStart();
  const quoted = /^"((?:[^"]|"")*)"/.exec(start)?.[1];
  return (quoted?.replaceAll('""', '"') ?? start.split(",", 1)[0] ?? "").trim();
}
