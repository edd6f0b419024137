/** Red, green, blue: 0 to 255 each. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Of text against what is behind it, as WCAG's level AA asks. */
export const MIN_CONTRAST = 4.5;
const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
const STEPS = 20;

/**
 * The colour that a build asked for, as near to itself as text in it can still be read on `paper`: terminals have
 * another background than our pages, which have two.
 */
export function readableOn(paper: Rgb, color: Rgb): Rgb {
  const ink = contrastOf(paper, BLACK) > contrastOf(paper, WHITE) ? BLACK : WHITE;
  for (let step = 0; step < STEPS; step++) {
    const mixed = mix(color, ink, step / STEPS);
    if (contrastOf(mixed, paper) >= MIN_CONTRAST) return mixed;
  }
  return ink;
}

/** From 1 to 21. */
export function contrastOf(one: Rgb, other: Rgb): number {
  const [darker = 0, lighter = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** `#1a2b3c`. */
export function parseHex(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function formatRgb([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

function mix(one: Rgb, other: Rgb, share: number): Rgb {
  const part = (from: number, to: number): number => Math.round(from + (to - from) * share);
  return [part(one[0], other[0]), part(one[1], other[1]), part(one[2], other[2])];
}

/** WCAG 2's relative luminance. */
function luminanceOf([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function linear(channel: number): number {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
