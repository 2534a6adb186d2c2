import { describe, expect, test } from "bun:test";

import { contrastRatio, textOn } from "./colour.ts";
import { darkPalette, DEFAULT_ACCENT, lightPalette, type Palette } from "./palette.ts";

/** Foreground, background, and what AA asks of them. */
const PAIRS: readonly (readonly [keyof Palette, keyof Palette, number])[] = [
  ["text", "canvas", 4.5],
  ["text", "surface", 4.5],
  ["text", "tint", 4.5],
  ["muted", "canvas", 4.5],
  ["muted", "surface", 4.5],
  ["muted", "tint", 4.5],
  ["danger", "dangerSurface", 4.5],
  ["link", "surface", 4.5],
  ["link", "canvas", 4.5],
  ["onAccent", "accent", 4.5],
  ["control", "surface", 3],
  ["accent", "surface", 3],
  ["danger", "surface", 3],
];

const ACCENTS = [
  DEFAULT_ACCENT,
  "#000000",
  "#ffffff",
  "#ffd400",
  "#ff0000",
  "#0000ff",
  "#00ff00",
  "#777777",
  "#181c1f",
];

describe("contrast", () => {
  test("is what WCAG computes", () => {
    expect(contrastRatio("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(contrastRatio("#ffffff", "#ffffff")).toBe(1);
    expect(contrastRatio("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
    expect(contrastRatio("#ffffff", "#777777")).toBeCloseTo(4.48, 2);
  });

  test.each(ACCENTS)("is AA wherever colours meet, with the accent %s", (accent) => {
    const tooLow = [lightPalette(accent), darkPalette(accent)].flatMap((palette) =>
      PAIRS.filter(([front, back, least]) => contrastRatio(palette[front], palette[back]) < least),
    );
    expect(tooLow).toEqual([]);
  });

  test("an accent that can be seen stays as the operator chose it", () => {
    expect(lightPalette("#b3261e").accent).toBe("#b3261e");
    expect(darkPalette("#ffd400").accent).toBe("#ffd400");
  });

  test("text on an accent is white or black, whichever can be read", () => {
    expect(textOn("#0b6e63")).toBe("#ffffff");
    expect(textOn("#ffd400")).toBe("#000000");
  });
});
