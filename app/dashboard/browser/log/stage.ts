import { createFolds, type LogFolds } from './folds.ts';
import type { LogFollow } from './follow.ts';
import { createLogLayout, type LogLayout } from './layout.ts';
import type { LogLines } from './lines.ts';
import { createMeter, MAX_COLUMNS } from './meter.ts';
import type { LogPreferences } from './preferences.ts';
import { createRowMaker, type RowLook } from './rows.ts';
import { createScreen, type LogScreen } from './screen.ts';

/** The app's own words have a number that is none. */
const MAX_SEQ = 0xffff_fffe;

export interface StageSetting {
  readonly page: Document;
  readonly scroller: HTMLElement;
  readonly lines: LogLines;
  readonly look: RowLook;
  readonly follow: LogFollow;
  readonly preferences: () => LogPreferences;
  readonly keptRows: () => readonly number[];
  readonly schedule: () => void;
}

/** Where lines are shown: their rows, the window on them, and what brings a line into it. */
export interface LogStage {
  readonly layout: LogLayout;
  readonly screen: LogScreen;
  /** Takes note of the lines that have come since. */
  grow(): void;
  /** The font or the window may have changed. */
  measure(): void;
  /** Cuts rows to what fits. */
  fit(): void;
  draw(): void;
  /** All rows are made anew in the next frame. */
  redraw(): void;
  /** Brings a line, and a column of it, into view; its phase is opened for that. A log that follows its end stops. */
  showLine(line: number, column?: number): void;
  /** The first line that can be seen. */
  topLine(): number;
}

export function createStage(setting: StageSetting): LogStage {
  const { page, scroller, lines, look, follow, preferences, schedule } = setting;
  const layout = createLogLayout(lines, MAX_COLUMNS);
  const maker = createRowMaker(page, lines, layout, look);
  const screen = createScreen(
    {
      scroller,
      rows: () => layout.rows(),
      makeRow(row) {
        const at = layout.at(row);
        return at.kind === 'head' ? maker.makeHead(at.run) : maker.makeLine(at.line, at.piece);
      },
      keptRows: () => [...setting.keptRows(), ...focusedRow()],
      onScroll: (direction, isAtEnd) => follow.onScroll(direction, isAtEnd),
      onDraw: (topRow) => folds.update(topRow),
    },
    schedule,
  );
  const meter = createMeter(scroller, screen, layout);
  const folds: LogFolds = createFolds({ page, lines, layout, screen, scroller, draw }, maker);
  let attempts = 0;
  let counted = 0;
  let maxSeq = 0;

  /** A row whose button has the focus stays, or the keyboard would be back at the page's beginning. */
  function focusedRow(): number[] {
    for (const [row, element] of screen.drawn()) if (element.contains(page.activeElement)) return [row];
    return [];
  }

  function grow(): void {
    layout.grow();
    for (; counted < lines.count(); counted++) {
      const seq = lines.seq(counted);
      if (seq <= MAX_SEQ) maxSeq = Math.max(maxSeq, seq);
    }
    // With a second attempt, heads and links say which one they are of.
    if (attempts !== lines.attempts().length) screen.forget();
    attempts = lines.attempts().length;
  }

  /** Where rows are cut anew, what was on top stays there. */
  function fit(): void {
    const { isWrapped, times } = preferences();
    const top = topLine();
    if (!meter.fit({ isWrapped, hasTimes: times !== 'none', digits: String(maxSeq).length })) return;
    screen.forget();
    if (lines.count() > 0 && !follow.isOn()) screen.scrollTo(layout.rowOf(top));
  }

  function draw(): void {
    fit();
    screen.draw(follow.isOn());
  }

  function showLine(line: number, column = 0): void {
    follow.stop();
    folds.open(lines.runOf(line));
    const starts = layout.pieces(line);
    // The first piece begins at 0.
    const piece = starts.findLastIndex((start) => start <= column);
    screen.reveal(layout.rowOf(line, piece));
    // A page may have more to show than its log; whoever goes through that by keyboard already stays there.
    if (!isElsewhere()) scroller.scrollIntoView({ block: 'nearest' });
    meter.revealColumn(column - (starts[piece] ?? 0));
    schedule();
  }

  /** The focus is on something that is no part of the log. */
  function isElsewhere(): boolean {
    const focused = page.activeElement;
    return (
      focused !== null && focused !== page.body && scroller.closest('[data-log]')?.contains(focused) !== true
    );
  }

  function topLine(): number {
    if (layout.rows() === 0) return 0;
    const at = layout.at(Math.min(screen.topRow(), layout.rows() - 1));
    return at.kind === 'head' ? lines.runStart(at.run) : at.line;
  }

  return {
    layout,
    screen,
    grow,
    measure: () => meter.measure(),
    fit,
    draw,
    redraw() {
      screen.forget();
      schedule();
    },
    showLine,
    topLine,
  };
}
