/** A CSS colour as `#rrggbb`. */
export type Colour = string;

/** Contrast of two colours, 1 to 21. AA asks 4.5 for text and 3 for the shapes one must see. @see WCAG 2.2 §1.4.3, §1.4.11 */
export function contrastRatio(one: Colour, other: Colour): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]; // a pair stays a pair
  return (high + 0.05) / (low + 0.05);
}

/** White where it can be read on the colour, else black: one of the two always reaches 4.5. */
export function textOn(background: Colour): Colour {
  return contrastRatio("#ffffff", background) >= 4.5 ? "#ffffff" : "#000000";
}

/** The colour itself when its contrast to the background suffices, else moved towards the far end until it does. */
export function readableOn(background: Colour, colour: Colour, ratio: number): Colour {
  const far = luminance(background) > 0.18 ? 0 : 255;
  for (let step = 0; step < 20; step += 1) {
    const moved = mix(colour, far, step / 20);
    if (contrastRatio(moved, background) >= ratio) return moved;
  }
  return mix(colour, far, 1);
}

function mix(colour: Colour, end: number, share: number): Colour {
  const mixed = channels(colour).map((channel) => Math.round(channel + (end - channel) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(colour: Colour): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16));
}
