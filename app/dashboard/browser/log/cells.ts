/** Above this code every character may be of another width. */
const NARROW = /^[\u0000-\u02ff]*$/; // oxlint-disable-line no-control-regex
/** Drawn over the character before: accents, variation selectors, joiners. */
const COMBINING = /^[\p{Mn}\p{Me}\u200b-\u200f\u2060]$/u;
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])$/u;

const ODD = /[^\u0000-\u02ff]/gu; // oxlint-disable-line no-control-regex

/** How many cells of a terminal a text fills. */
export function countCells(text: string): number {
  if (NARROW.test(text)) return text.length;
  let cells = text.length;
  for (const [character] of text.matchAll(ODD)) cells += widthOf(character) - character.length;
  return cells;
}

/**
 * Where the rows begin that a text fills when each has so many cells: [0] for a short one. A character is never cut,
 * so a row may end a cell early.
 */
export function splitCells(text: string, columns: number): number[] {
  const starts = [0];
  if (NARROW.test(text)) {
    for (let start = columns; start < text.length; start += columns) starts.push(start);
    return starts;
  }
  let [cells, at] = [0, 0];
  for (const character of text) {
    const width = widthOf(character);
    if (cells + width > columns && cells > 0) {
      starts.push(at);
      cells = 0;
    }
    cells += width;
    at += character.length;
  }
  return starts;
}

/** The patterns are slow, and the characters few. */
const widths = new Map<string, number>();
const MAX_REMEMBERED = 10_000;

function widthOf(character: string): number {
  if (character < '\u0300') return 1;
  let width = widths.get(character);
  if (width === undefined) {
    width = COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
    if (widths.size >= MAX_REMEMBERED) widths.clear();
    widths.set(character, width);
  }
  return width;
}
