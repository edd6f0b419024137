import type { LogLayout } from './layout.ts';
import type { LogScreen } from './screen.ts';

/** A line of more cells goes on in the next row, wrapped or not: nobody scrolls farther, and browsers would stall. */
export const MAX_COLUMNS = 1000;
const MIN_COLUMNS = 20;
const PROBE_CELLS = 100;
/** Cells beside the text, as the style sheet has them: around the number, for the time, around the text. */
const NUMBER_MARGIN_CELLS = 2;
const TIME_CELLS = 15;
const TEXT_MARGIN_CELLS = 2;

/** Measures the cells of the font, and sets widths that follow from them. */
export interface LogMeter {
  /** Measures anew: the font or the window may have changed. */
  measure(): void;
  /** Sets rows and columns to what fits; whether lines were cut anew. */
  fit(options: { readonly isWrapped: boolean; readonly hasTimes: boolean; readonly digits: number }): boolean;
  /** Scrolls sideways until a column of the text is seen. */
  revealColumn(column: number): void;
}

export function createMeter(scroller: HTMLElement, screen: LogScreen, layout: LogLayout): LogMeter {
  const page = scroller.ownerDocument;
  const probe = scroller.appendChild(page.createElement('div'));
  probe.className = 'log-row log-probe';
  probe.ariaHidden = 'true';
  const cells = probe.appendChild(page.createElement('span'));
  cells.textContent = 'x'.repeat(PROBE_CELLS);
  let cellPx = 8;
  let gutterCells = 0;
  let columns = MAX_COLUMNS;
  let contentPx = 0;
  let shownDigits = 0;

  return {
    measure() {
      cellPx = cells.getBoundingClientRect().width / PROBE_CELLS;
      screen.measure(probe.getBoundingClientRect().height);
    },
    fit({ isWrapped, hasTimes, digits }) {
      if (digits !== shownDigits) scroller.style.setProperty('--log-digits', String(digits));
      shownDigits = digits;
      gutterCells = digits + NUMBER_MARGIN_CELLS + (hasTimes ? TIME_CELLS : 0);
      const free = Math.floor(screen.widthPx() / cellPx) - gutterCells - TEXT_MARGIN_CELLS;
      const next = isWrapped ? Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, free)) : MAX_COLUMNS;
      const isCut = next !== columns;
      columns = next;
      layout.setColumns(columns);
      const neededPx = (gutterCells + TEXT_MARGIN_CELLS + layout.widest()) * cellPx;
      const wantedPx = Math.max(screen.widthPx(), Math.ceil(neededPx));
      if (wantedPx !== contentPx) screen.setWidthPx(wantedPx);
      contentPx = wantedPx;
      return isCut;
    },
    revealColumn(column) {
      const atPx = column * cellPx;
      const seenPx = screen.widthPx() - (gutterCells + TEXT_MARGIN_CELLS) * cellPx;
      const left = scroller.scrollLeft;
      if (atPx >= left && atPx <= left + seenPx - 10 * cellPx) return;
      scroller.scrollLeft = Math.max(0, atPx - seenPx / 2);
    },
  };
}
