import { truncate, widthOf } from './terminal-text.ts';

/** A cell: its plain text, which decides how wide the column is, and how that is painted. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const GAP = '  ';

/** Rows with columns as wide as they need; the last one is cut where the terminal ends. */
export function renderTable(rows: readonly (readonly Cell[])[], maxColumns: number): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(0, ...rows.map((row) => widthOf(row[column]?.text ?? ''))),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  const room = Math.max(1, maxColumns - before);
  return rows.map((row) => renderRow(row, widths, room));
}

function renderRow(row: readonly Cell[], widths: readonly number[], room: number): string {
  const cells = row.map(({ text, paint = (text) => text }, column) => {
    if (column === widths.length - 1) return paint(truncate(text, room));
    return paint(text) + ' '.repeat((widths[column] ?? 0) - widthOf(text));
  });
  return cells.join(GAP).trimEnd();
}
