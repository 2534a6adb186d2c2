import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { loadNativeConfiguration } from "../../src/config/load.ts";
import { renderProblem } from "../../src/config/problem.ts";
import { PATIENCE, check, text } from "../support/fuzzing.ts";

describe("the native configuration", () => {
  const example = readFileSync(
    join(import.meta.dir, "..", "golden", "config", "native", "everything", "input.yaml"),
    "utf8",
  );
  const lines = example.split("\n");

  test(
    "changed at random places: a configuration, or problems that say where and what to do",
    () => {
      const change = fc.record({ at: fc.nat(example.length), remove: fc.nat(30), insert: fc.oneof(text, yamlPiece) });
      check([fc.array(change, { minLength: 1, maxLength: 4 })], (changes) => {
        let changed = example;
        for (const { at, remove, insert } of changes)
          changed = changed.slice(0, at) + insert + changed.slice(at + remove);
        expectSound(changed);
      });
    },
    PATIENCE,
  );

  test(
    "with lines lost, doubled and exchanged",
    () => {
      const index = fc.nat(lines.length - 1);
      check(
        [fc.array(fc.tuple(index, index, fc.constantFrom("lose", "double", "swap")), { maxLength: 6 })],
        (changes) => {
          const changed = [...lines];
          for (const [one, other, how] of changes) {
            const line = changed[one] ?? "";
            if (how === "lose") changed.splice(one, 1);
            else if (how === "double") changed.splice(other, 0, line);
            else [changed[one], changed[other]] = [changed[other] ?? "", line];
          }
          expectSound(changed.join("\n"));
        },
      );
    },
    PATIENCE,
  );

  test(
    "anything else",
    () => {
      check([fc.oneof(text, fc.json(), yamlPiece)], expectSound);
      const keys = ["publicUrl", "listen", "connectors", "apps", "clients", "cookie", "session", "storage", "provider"];
      const value = fc.oneof(text, yamlPiece, fc.jsonValue({ maxDepth: 4 }));
      check([fc.dictionary(fc.constantFrom(...keys), value)], (content) => {
        expectSound(JSON.stringify(content));
      });
    },
    PATIENCE,
  );
});

const YAML = [
  "&a [*a]|*nobody|!!binary x|!!set {a}|<<: *x|{|[|}|]|: |- |'|\"|~|.inf|.nan|0x7f|1e999|2026-01-01|!!js/function x",
  "__proto__: 1|constructor: 1|{ env: HOME }|{ file: /dev/null }|{ file: / }|[[[[[[]]]]]]|null|true|%YAML 1.1",
].flatMap((line) => line.split("|"));
const yamlPiece = fc.constantFrom(...YAML, "|\n", ">\n", "---\n", "...\n", "? [a]\n: b", "\t", "\n\t- x");

function expectSound(content: string): void {
  const files = {
    readFile: (path: string) => (path === "g.yaml" ? content : path.startsWith("/") ? "secret" : undefined),
    modeOf: () => 0o600,
    env: { HOME: "/root" },
  };
  const { configuration, problems } = loadNativeConfiguration(files, "g.yaml");
  const errors = problems.filter((problem) => problem.severity === "error");
  expect(configuration === undefined).toBe(errors.length > 0);
  for (const problem of problems) {
    expect(problem.message).toMatch(/\S/);
    expect(problem.remedy).toMatch(/\S/);
    expect(renderProblem(problem)).toStartWith("g.yaml");
    if (problem.line !== undefined) expect(problem.line).toBeLessThanOrEqual(content.split(/\r\n|[\r\n]/).length);
  }
}
