import { type Colour, readableOn, textOn } from "./colour.ts";

/** The colours of a page in one scheme. Each pair that meets on a page keeps AA, which a test computes. */
export interface Palette {
  /** Behind everything. */
  readonly canvas: Colour;
  /** The card. */
  readonly surface: Colour;
  readonly text: Colour;
  /** Second-rank text, still AA on canvas and surface. */
  readonly muted: Colour;
  /** Decorative lines. */
  readonly line: Colour;
  /** Borders of what its own words show already: buttons, choices. */
  readonly edge: Colour;
  /** Borders of inputs, which nothing else shows: 3:1. */
  readonly control: Colour;
  /** Filled buttons. */
  readonly accent: Colour;
  readonly onAccent: Colour;
  /** Links and the focus ring. */
  readonly link: Colour;
  readonly danger: Colour;
  readonly dangerSurface: Colour;
  /** Badges and letter tiles. */
  readonly tint: Colour;
}

/** Where no accent is configured. */
export const DEFAULT_ACCENT = "#0b6e63";

/** @param accent the operator's colour, `#rrggbb`; moved only where it could not be seen. */
export function lightPalette(accent: Colour): Palette {
  return withAccent(accent, {
    canvas: "#f4f5f6",
    surface: "#ffffff",
    text: "#14181c",
    muted: "#59616b",
    line: "#dfe3e7",
    edge: "#c6ccd3",
    control: "#858d97",
    danger: "#a8201c",
    dangerSurface: "#fdf1f0",
    tint: "#edf0f2",
  });
}

/** The same for `prefers-color-scheme: dark`. */
export function darkPalette(accent: Colour): Palette {
  return withAccent(accent, {
    canvas: "#0f1214",
    surface: "#181c1f",
    text: "#eceff1",
    muted: "#a1aab3",
    line: "#2b3136",
    edge: "#434b52",
    control: "#6c757e",
    danger: "#ff9d96",
    dangerSurface: "#2c1a19",
    tint: "#252b30",
  });
}

function withAccent(accent: Colour, rest: Omit<Palette, "accent" | "onAccent" | "link">): Palette {
  const fill = readableOn(rest.surface, accent, 3);
  const link = readableOn(rest.surface, readableOn(rest.canvas, accent, 4.5), 4.5);
  return { ...rest, accent: fill, onAccent: textOn(fill), link };
}
