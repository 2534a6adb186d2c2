import { expect, test } from "bun:test";

import { distinctFindings, errorAt, renderPath } from "./finding.ts";

test("a path is written as people would write it, on one line", () => {
  expect(renderPath(["apps", 0, "rules", 1, "paths"])).toBe("apps[0].rules[1].paths");
  expect(renderPath(["a b\n", "c"])).toBe('["a b\\n"].c');
  expect(renderPath([])).toBe("");
});

test("the same finding is there once", () => {
  const finding = errorAt(["apps"], "is wrong.", "Mend it.");
  expect(distinctFindings([finding, finding, errorAt(["apps"], "is odd.", "")])).toHaveLength(2);
});

test("that a key is absent is no news when it is there, but misspelt or wrong", () => {
  const absent = { ...errorAt(["apps", 0], "does not say who may pass.", ""), absent: [["apps", 0, "allow"]] };
  const misspelt = { ...errorAt(["apps", 0, "alow"], "there is no such key.", ""), meant: ["apps", 0, "allow"] };
  const wrong = errorAt(["apps", 0, "allow", "groups"], "is not a list.", "");
  const elsewhere = errorAt(["apps", 1, "allow"], "is not a mapping.", "");
  expect(distinctFindings([absent, misspelt])).toEqual([misspelt]);
  expect(distinctFindings([absent, wrong])).toEqual([wrong]);
  expect(distinctFindings([absent, elsewhere])).toEqual([absent, elsewhere]);
});
