import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");
const page = readFileSync(join(ROOT, "docs/reference/openid-conformance.md"), "utf8");

const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| --- ") && !line.startsWith("| | "))
  .map((line) => {
    const [section = "", requirement = "", where = "", tests = "", ...rest] = line.slice(2, -2).split(" | ");
    return { section, requirement, where, tests, rest };
  });

/** What the names in square brackets stand for. */
const files = new Map(
  [...page.matchAll(/^\[([^\]]+)\]: \.\.\/\.\.\/(.+)$/gm)].map(([, name = "", file = ""]) => [name, file]),
);

const quoted = rows
  .flatMap(({ tests }) => tests.split("<br>"))
  .filter((one) => one !== "—")
  .map((one) => /^\[([^\]]+)\](?: `([^`]+)`)? › (.+)$/.exec(one)?.slice(1) ?? [one]);

/** Titles of a test file, as they are written. */
function isTitled(source: string, title: string): boolean {
  return source.includes(`"${title}"`);
}

function stepsOf(scenario: string): readonly string[] {
  const path = join(ROOT, "test/recordings/dex", `${scenario}.json`);
  if (!existsSync(path)) return [];
  // A recording, which its own tests check.
  const { steps } = JSON.parse(readFileSync(path, "utf8")) as { readonly steps: readonly { readonly name: string }[] };
  return steps.map(({ name }) => name);
}

describe("docs/reference/openid-conformance.md", () => {
  test("has four cells in each row, and says where, or why not", () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter(({ where, requirement, rest }) => !where || !requirement || rest.length > 0)).toEqual([]);
  });

  test("names files that exist", () => {
    const named = rows.flatMap(({ where }) => [...where.matchAll(/`([\w/.-]+\.ts)`/g)].map(([, path = ""]) => path));
    const paths = named.map((path) => (path.startsWith("src/") ? path : `src/provider/${path}`));
    expect([...paths, ...files.values()].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test("names tests that exist", () => {
    const sources = new Map(
      [...files]
        .filter(([, file]) => file.endsWith(".ts"))
        .map(([name, file]) => [name, readFileSync(join(ROOT, file), "utf8")]),
    );
    const lost = quoted.filter(([name = "", scenario, title = ""]) =>
      scenario === undefined ? !isTitled(sources.get(name) ?? "", title) : !stepsOf(scenario).includes(title),
    );
    expect(lost).toEqual([]);
  });
});
