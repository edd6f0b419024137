import {
  type Color,
  type ColorName,
  createAnsiSequenceParser,
  createColorPalette,
  namedColors,
  type ParseToken,
} from 'ansi-sequence-parser';
import { parseHex, type Rgb } from './color.ts';
import { cleanLine, stylesOf } from './text.ts';

/**
 * A piece of a line that looks the same throughout. The 16 colours that every terminal has are classes, whose colours
 * the style sheet chooses; others are exact.
 */
export interface Span {
  readonly text: string;
  /** Separated by spaces; empty for plain text. */
  readonly classes: string;
  readonly color?: Rgb;
  readonly background?: Rgb;
}

const DECORATIONS = {
  bold: 'bold',
  dim: 'dim',
  italic: 'italic',
  underline: 'underline',
  strikethrough: 'struck',
  overline: 'overline',
} as const;
const palette = createColorPalette();

/** A line as it is shown. `carried` is what the lines before it have left switched on (see carryStyle). */
export function parseSpans(text: string, carried = ''): Span[] {
  const clean = cleanLine(text);
  if (carried === '' && !clean.includes('\u001b')) return clean === '' ? [] : [{ text: clean, classes: '' }];
  return createAnsiSequenceParser()
    .parse(carried + clean)
    .map(toSpan);
}

const MAX_REMEMBERED = 1000;
const remembered = new Map<string, string>();

/**
 * What a line leaves switched on for the next one, as the shortest sequences that say so: with it a line in the middle
 * of a log can be shown without reading all before it.
 */
export function carryStyle(text: string, carried: string): string {
  const last = text.lastIndexOf('\u001b');
  if (!text.includes('\u009b')) {
    if (last === -1) return carried;
    // Most lines reset what they have set.
    if (text.startsWith('[0m', last + 1) || text.startsWith('[m', last + 1)) return '';
  }
  const styles = carried + stylesOf(cleanLine(text));
  if (styles === '' || styles.endsWith('\u001b[0m')) return '';
  // Lines are many, the sequences in them few.
  let carry = remembered.get(styles);
  if (carry === undefined) {
    carry = formatState(styles);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(styles, carry);
  }
  return carry;
}

function formatState(styles: string): string {
  const [token] = createAnsiSequenceParser().parse(`${styles}x`);
  if (token === undefined) return '';
  const codes: string[] = [...token.decorations].map((name) => DECORATION_CODES[name]);
  if (token.foreground !== null) codes.push(formatColor(token.foreground, 30));
  if (token.background !== null) codes.push(formatColor(token.background, 40));
  return codes.map((code) => `\u001b[${code}m`).join('');
}

const DECORATION_CODES = {
  bold: '1',
  dim: '2',
  italic: '3',
  underline: '4',
  reverse: '7',
  hidden: '8',
  strikethrough: '9',
  overline: '53',
} as const;

/** `base` is 30 for text, 40 for what is behind it. */
function formatColor(color: Color, base: number): string {
  if (color.type === 'table') return `${base + 8};5;${color.index}`;
  if (color.type === 'rgb') return `${base + 8};2;${color.rgb.join(';')}`;
  const index = namedColors.indexOf(color.name);
  return String(index < 8 ? base + index : base + 60 + index - 8);
}

function toSpan({ value, foreground, background, decorations }: ParseToken): Span {
  const isReversed = decorations.has('reverse');
  const [ink, paper] = isReversed ? [background, foreground] : [foreground, background];
  const classes: string[] = [];
  const exact: { color?: Rgb; background?: Rgb } = {};
  if (isReversed && paper === null) classes.push('reverse');
  for (const [color, prefix, key] of [[ink, 'fg', 'color'] as const, [paper, 'bg', 'background'] as const]) {
    const name = color === null ? undefined : nameOf(color);
    if (name !== undefined) classes.push(`${prefix}-${name}`);
    else if (color !== null) exact[key] = parseHex(palette.value(color));
  }
  for (const decoration of decorations) {
    if (decoration in DECORATIONS) classes.push(DECORATIONS[decoration as keyof typeof DECORATIONS]);
  }
  return { text: value, classes: classes.join(' '), ...exact };
}

/** The first 16 of the table are the named ones. */
function nameOf(color: Color): ColorName | undefined {
  if (color.type === 'named') return color.name;
  return color.type === 'table' ? namedColors[color.index] : undefined;
}

/** The nearest of the 16, for pages without script: they can't set any other colour. */
export function nearestName(color: Rgb): ColorName {
  const distance = (name: ColorName): number => {
    const [red, green, blue] = parseHex(palette.value({ type: 'named', name }));
    return (red - color[0]) ** 2 + (green - color[1]) ** 2 + (blue - color[2]) ** 2;
  };
  return namedColors.reduce((best, name) => (distance(name) < distance(best) ? name : best));
}
