import { countCells, splitCells } from './cells.ts';
import { grown, lastAtMost, type LogLines } from './lines.ts';

/** What stands in a row: the head of a run (a phase of an attempt), or a line, or a piece of a long line. */
export type Row =
  | { readonly kind: 'head'; readonly run: number }
  | { readonly kind: 'line'; readonly line: number; readonly piece: number };

/**
 * Which row shows what. All rows are equally high, so that any of a million is found by a multiplication; a line that
 * is too long for one goes on in the next. Each run of lines begins with its head, and can be folded to it.
 */
export interface LogLayout {
  /** Takes note of the lines that have come since. */
  grow(): void;
  /** Cuts lines into rows of another width. */
  setColumns(columns: number): void;
  rows(): number;
  at(row: number): Row;
  /** The row of a line, or of its run's head when that is folded. */
  rowOf(line: number, piece?: number): number;
  headOf(run: number): number;
  /** Where the pieces of a line begin. */
  pieces(line: number): readonly number[];
  /** The cells of the widest row, about. */
  widest(): number;
  isFolded(run: number): boolean;
  fold(run: number, folded: boolean): void;
}

const FIRST_CAPACITY = 1024;
/** Tabs, and what is shown by its name. */
const STRETCHED = /[\t\u2028-\u202e\u2066-\u2069]/;
/** A character fills at most so many cells: one of those, and any other. */
const MAX_CELLS = 8;
const USUAL_CELLS = 2;

export function createLogLayout(lines: LogLines, firstColumns: number): LogLayout {
  let columns = firstColumns;
  let longest = 0;
  let widest = 0;
  let known = 0;
  /** Rows of all lines before each, as if no run had a head or were folded; one more than there are lines. */
  let starts = new Uint32Array(FIRST_CAPACITY);
  /** The rows of each run's head, as far as `placed` runs. */
  let heads = new Uint32Array(FIRST_CAPACITY);
  let placed = 0;
  const folded = new Set<number>();

  /** Of nearly all lines this can be said without a look at each of their characters. */
  const isShort = (text: string): boolean =>
    text.length * MAX_CELLS <= columns || (text.length * USUAL_CELLS <= columns && !STRETCHED.test(text));
  const pieces = (line: number): readonly number[] =>
    isShort(lines.text(line)) ? [0] : splitCells(lines.plain(line), columns);

  /** As good as needed: what is a little wider than the widest can be scrolled to all the same. */
  function measure(line: number): void {
    const { length } = lines.text(line);
    if (length <= longest) return;
    longest = length;
    widest = Math.min(columns, Math.max(widest, countCells(lines.plain(line))));
  }

  function grow(): void {
    const count = lines.count();
    while (starts.length <= count) starts = grown(starts, new Uint32Array(starts.length * 2));
    for (; known < count; known++) {
      measure(known);
      starts[known + 1] = (starts[known] ?? 0) + pieces(known).length;
    }
    // The last run that was there may have grown; its head stays.
    placed = Math.max(0, placed - 1);
    place();
  }

  const startOf = (line: number): number => starts[Math.min(line, known)] ?? 0;
  const bodyOf = (run: number): number =>
    folded.has(run) ? 0 : startOf(lines.runStart(run + 1)) - startOf(lines.runStart(run));

  function place(): void {
    const runs = lines.runs();
    while (heads.length <= runs) heads = grown(heads, new Uint32Array(heads.length * 2));
    for (let run = placed; run < runs; run++) heads[run + 1] = (heads[run] ?? 0) + 1 + bodyOf(run);
    placed = runs;
  }

  return {
    grow,
    setColumns(next) {
      if (next === columns) return;
      [columns, longest, widest, known, placed] = [next, 0, 0, 0, 0];
      grow();
    },
    rows: () => heads[placed] ?? 0,
    at(row) {
      const run = lastAtMost(heads, placed, row);
      const head = heads[run] ?? 0;
      if (row <= head) return { kind: 'head', run };
      const start = startOf(lines.runStart(run)) + row - head - 1;
      const line = lastAtMost(starts, known, start);
      return { kind: 'line', line, piece: start - startOf(line) };
    },
    rowOf(line, piece = 0) {
      const run = lines.runOf(line);
      const head = heads[run] ?? 0;
      if (folded.has(run)) return head;
      return head + 1 + startOf(line) - startOf(lines.runStart(run)) + piece;
    },
    headOf: (run) => heads[run] ?? 0,
    pieces,
    widest: () => widest,
    isFolded: (run) => folded.has(run),
    fold(run, isFolded) {
      if (isFolded) folded.add(run);
      else folded.delete(run);
      placed = Math.min(placed, run);
      place();
    },
  };
}
