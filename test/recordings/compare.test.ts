import { describe, expect, test } from "bun:test";
import { differences } from "./compare.ts";
import { type Deviation, findDeviation } from "./deviations.ts";

describe("what counts as a difference", () => {
  const rows: readonly (readonly [what: string, expected: unknown, got: unknown, where: readonly string[]])[] = [
    ["nothing", { status: 200, headers: { a: ["1"] } }, { headers: { a: ["1"] }, status: 200 }, []],
    ["a value in a list", { headers: { a: ["1", "2"] } }, { headers: { a: ["1", "3"] } }, ["headers.a[1]"]],
    ["one more in a list", { headers: { a: ["1"] } }, { headers: { a: ["1", "2"] } }, ["headers.a"]],
    ["a field too many", { status: 200 }, { status: 200, body: "x" }, ["body"]],
    ["a field too few", { status: 200, body: "x" }, { status: 200 }, ["body"]],
    ["absent is null", { lifetime: null }, {}, []],
    ["another kind", { body: { a: 1 } }, { body: "a" }, ["body"]],
    ["true is not 1", { active: true }, { active: 1 }, ["active"]],
    ["a lifetime within five seconds", { lifetime: 3600 }, { lifetime: 3596 }, []],
    ["a lifetime beyond", { lifetime: 3600 }, { lifetime: 3594 }, ["lifetime"]],
    ["deleted instead of short", { lifetime: 3 }, { lifetime: 0 }, ["lifetime"]],
    ["a word that is missing", { mentions: { a: true, b: true } }, { mentions: { a: true, b: false } }, ["mentions.b"]],
    ["what was only noted", { information: ["x"] }, {}, []],
    ["no answer at all", { status: 200 }, undefined, [""]],
  ];
  test.each(rows)("%s", (_what, expected, got, where) => {
    expect(differences(expected, got).map((difference) => difference.where)).toEqual([...where]);
  });
});

describe("what a deviation covers", () => {
  const entry: Deviation = { scenario: "s", step: "a", where: ["status", "headers.location"], reason: "safer" };
  const rows: readonly (readonly [what: string, change: Partial<Deviation>, isCovered: boolean])[] = [
    ["every difference lies under it", {}, true],
    ["any step of the scenario", { step: "*" }, true],
    ["anywhere", { where: [] }, true],
    ["one difference lies elsewhere", { where: ["headers"] }, false],
    ["another step", { step: "b" }, false],
    ["another scenario", { scenario: "t" }, false],
  ];
  const found = differences({ status: 1, headers: { location: ["/"] } }, { status: 2, headers: { location: ["/x"] } });
  test.each(rows)("%s", (_what, change, isCovered) => {
    const deviation = { ...entry, ...change };
    expect(findDeviation([deviation], { scenario: "s", name: "a" }, found)).toBe(isCovered ? deviation : undefined);
  });
});
