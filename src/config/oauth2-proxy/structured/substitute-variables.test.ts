import { describe, expect, test } from "bun:test";
import { substituteVariables } from "./substitute-variables.ts";

const ENV = { A: "x", EMPTY: "", AB: "y z" };

describe("substituteVariables", () => {
  /** What the original's library makes of them, but for those that are marked. */
  const rows: readonly [string, string][] = [
    ["nothing", "nothing"],
    ["$A-${A}", "x-x"],
    ["$AB", "y z"],
    ["$UNSET|${UNSET}", "|"],
    ["${UNSET:-d}${EMPTY:-d}${A:-d}", "ddx"],
    ["${UNSET:=d}${EMPTY:=d}${A:=d}", "ddx"],
    ["${UNSET-d}${EMPTY-d}${A-d}", "dx"],
    ["${UNSET=d}${EMPTY=d}${A=d}", "dx"],
    ["${UNSET+d}${EMPTY+d}${A+d}", "dd"],
    ["${UNSET:+d}${EMPTY:+d}${A:+d}", "dd"],
    ["${UNSET:-}|${UNSET-}", "|"],
    ["${UNSET:-$A}", "x"],
    ["${UNSET:-a $A b}", "a $A b"],
    ["${UNSET:-${A}}", "}"],
    ["${UNSET:-http://h:1/?a=b}", "http://h:1/?a=b"],
    ["$$A $$ $", "$A $ $"],
    ["${}", "${}"],
    ["a$1b", "a$1b"],
    ["a$$$1b", "a$$1b"],
    // The original makes $1 of each $2 and $12, and nothing of the 1 after two signs.
    ["/$2/$1", "/$2/$1"],
    ["$12", "$12"],
    ["$$1", "$1"],
    ["# ${A} in a comment", "# x in a comment"],
    ["$_", "$_"],
    ["ü$Aü", "ü"],
  ];
  test.each(rows)("%j is %j", (text, expected) => {
    expect(substituteVariables(text, ENV)).toEqual({ text: expected });
  });

  test.each(["${A", "${A:-b\n}", "x ${", "${A:-$A"])("%j has no end", (text) => {
    expect(substituteVariables(text, ENV)).toEqual({
      error: "error in substituting env variables : closing brace expected",
    });
  });

  test("what every object has is not a variable", () => {
    expect(substituteVariables("$toString", ENV)).toEqual({ text: "" });
  });
});
