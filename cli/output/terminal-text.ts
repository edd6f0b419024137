/**
 * What may be shown on a terminal of a text that strangers wrote: log lines, names of branches, answers. Escape
 * sequences could clear the screen, move the cursor over what was said before, set the title or fill the clipboard.
 */

/** Escape sequences of ECMA-48 in both forms (`ESC [` and U+009B); one that never ends takes the rest of the text. */
const SEQUENCES =
  // eslint-disable-next-line no-control-regex
  /(?:\x1b\[|\x9b)(?<parameters>[\x30-\x3f]*)(?<intermediates>[\x20-\x2f]*)(?<final>[\x40-\x7e])?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x9c\x1b]*(?:\x1b(?!\\)[^\x07\x9c\x1b]*)*(?:\x07|\x9c|\x1b\\|$)|\x1b[\x20-\x2f]*[\x30-\x7e]?/g;
/** C0 but the tab, DEL and C1. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;
/** They turn the order of what follows around, so that a name reads as another one. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const LINE_BREAKS = /[\n\r\u2028\u2029]+/g;
const COLOUR = /^[0-9;:]*$/;
const ESCAPE = '\u001B';
const RESET = `${ESCAPE}[0m`;

/** One line without anything that steers a terminal. */
export function plainText(text: string): string {
  return text
    .replaceAll(SEQUENCES, '')
    .replaceAll(LINE_BREAKS, ' ')
    .replaceAll(CONTROLS, '')
    .replaceAll(DIRECTIONS, '');
}

/** One line whose colours and styles (SGR) stay, and end with it; nothing else of what steers a terminal does. */
export function colouredText(text: string): string {
  const harmless = harmlessText(text);
  return harmless.includes(ESCAPE) ? harmless + RESET : harmless;
}

/** One line without what steers a terminal, but with its colours as they are: what is ours may have some. */
export function harmlessText(text: string): string {
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(SEQUENCES)) {
    parts.push(plainText(text.slice(end, match.index)), colourOf(match.groups ?? {}));
    end = match.index + match[0].length;
  }
  parts.push(plainText(text.slice(end)));
  return parts.join('');
}

function colourOf({ parameters, intermediates, final }: Record<string, string | undefined>): string {
  const isColour = final === 'm' && intermediates === '' && COLOUR.test(parameters ?? '-');
  return isColour ? `${ESCAPE}[${parameters}m` : '';
}

/** JSON that a terminal may show: what JSON leaves as it is (DEL, C1, directions) is escaped too. */
export function jsonText(value: unknown, indent?: number): string {
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, indent)
    .replaceAll(/[\x7f-\x9f\u2028\u2029]/g, escape)
    .replaceAll(DIRECTIONS, escape);
}

/** How many columns a plain text takes: marks take none, the letters of East Asia and emoji two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** The beginning of a text that fits; what is missing is told by an ellipsis. */
export function truncate(text: string, maxColumns: number): string {
  if (widthOf(text) <= maxColumns) return text;
  let [kept, width] = ['', 0];
  for (const character of text) {
    width += columnsOf(character);
    if (width > maxColumns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

const NO_COLUMN = /\p{Mark}|\p{Cf}/u;
const TWO_COLUMNS =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

function columnsOf(character: string): number {
  if (character < '\u0300') return 1;
  if (NO_COLUMN.test(character)) return 0;
  return TWO_COLUMNS.test(character) ? 2 : 1;
}
