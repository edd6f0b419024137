/** Above this code every character may be of another width. */
const NARROW = /^[\u0000-\u02ff]*$/; // oxlint-disable-line no-control-regex
/** Drawn over the character before: accents, variation selectors, joiners. */
const COMBINING = /^[\p{Mn}\p{Me}\u200b-\u200f\u2060]$/u;
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])$/u;

/** How many cells of a terminal a text fills. */
export function countCells(text: string): number {
  if (NARROW.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += widthOf(character);
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

function widthOf(character: string): number {
  if (NARROW.test(character)) return 1;
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
