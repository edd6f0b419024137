import {
  elementHeight,
  planJump,
  planReveal,
  planScroll,
  planWindow,
  type Position,
  type View,
} from './window.ts';

export interface ScreenOptions {
  readonly scroller: HTMLElement;
  readonly rows: () => number;
  readonly makeRow: (row: number) => HTMLElement;
  /** Rows that stay in the document though they are out of view. */
  readonly keptRows: () => readonly number[];
  /** A person has scrolled; `isAtEnd` when to the very end. */
  readonly onScroll: (direction: 'up' | 'down', isAtEnd: boolean) => void;
  /** After each drawing. */
  readonly onDraw: (topRow: number) => void;
}

/** A window on very many equally high rows, of which only those in view are in the document. */
export interface LogScreen {
  /** Brings the document up to what the rows are now. `isEnd` keeps the end in view. */
  draw(isEnd: boolean): void;
  /** All rows are made anew at the next drawing. */
  forget(): void;
  /** Shows a row, if it is not in view. */
  reveal(row: number): void;
  /** Puts a row on top. */
  scrollTo(row: number): void;
  topRow(): number;
  /** The elements that are drawn, by their rows. */
  drawn(): ReadonlyMap<number, HTMLElement>;
  /** Looks again how large the window is. */
  measure(rowPx: number): void;
  setWidthPx(widthPx: number): void;
  widthPx(): number;
}

/** A browser rounds where it has scrolled to. */
const ROUNDING_PX = 1.5;
/** In a log that is taller than its element, where the scroll bar stands is set right when scrolling has ended. */
const SETTLE_MS = 250;

export function createScreen(options: ScreenOptions, schedule: () => void): LogScreen {
  const { scroller, rows, makeRow } = options;
  const page = scroller.ownerDocument;
  const spacer = scroller.appendChild(page.createElement('div'));
  const holder = spacer.appendChild(page.createElement('div'));
  spacer.className = 'log-spacer';
  holder.className = 'log-holder';
  const drawn = new Map<number, HTMLElement>();
  let position: Position = { elementPx: 0, topPx: 0 };
  let view: View = { rows: 0, rowPx: 20, heightPx: scroller.clientHeight };
  let widthPx = scroller.clientWidth;
  let baseRow = 0;
  let spacerPx = -1;
  let isStale = false;
  let settle: ReturnType<typeof setTimeout> | undefined;

  new ResizeObserver(() => {
    view = { ...view, heightPx: scroller.clientHeight };
    widthPx = scroller.clientWidth;
    schedule();
  }).observe(scroller);

  function moveTo(next: Position): void {
    if (next.elementPx !== position.elementPx) scroller.scrollTop = next.elementPx;
    // The browser has the last word: it rounds, and stops at an end that has just moved.
    const elementPx = scroller.scrollTop;
    const isWhole = elementHeight(view) === view.rows * view.rowPx;
    position = { elementPx, topPx: isWhole ? elementPx : next.topPx };
  }

  /** Takes over where a person has scrolled to: when the browser tells, or sooner, before anything else moves. */
  function follow(): void {
    const elementPx = scroller.scrollTop;
    if (Math.abs(elementPx - position.elementPx) < ROUNDING_PX) return;
    // A window that grows is at its end sooner: then it was the browser that scrolled up, before anybody is told.
    view = { ...view, heightPx: scroller.clientHeight };
    const next = planScroll(position, elementPx, view);
    const direction = next.topPx < position.topPx ? 'up' : 'down';
    position = next;
    const isAtEnd = next.topPx + view.heightPx + ROUNDING_PX >= view.rows * view.rowPx;
    options.onScroll(direction, isAtEnd);
    clearTimeout(settle);
    settle = setTimeout(() => {
      follow();
      moveTo(planJump(position.topPx, view));
    }, SETTLE_MS);
    schedule();
  }
  scroller.addEventListener('scroll', follow, { passive: true });

  function resize(): void {
    view = { ...view, rows: rows() };
    const heightPx = elementHeight(view);
    if (heightPx === spacerPx) return;
    spacerPx = heightPx;
    spacer.style.height = `${heightPx}px`;
  }

  function clear(): void {
    for (const element of drawn.values()) element.remove();
    drawn.clear();
    isStale = false;
  }

  /** Removes what is out of view, makes what has come into it, and keeps all in order. */
  function place(wanted: readonly number[]): void {
    const set = new Set(wanted);
    for (const [row, element] of drawn) {
      if (set.has(row)) continue;
      element.remove();
      drawn.delete(row);
    }
    let next = holder.firstElementChild;
    for (const row of wanted) {
      const known = drawn.get(row);
      if (known !== undefined && known === next) {
        next = next.nextElementSibling;
        continue;
      }
      const element = known ?? makeRow(row);
      if (known === undefined) put(element, row);
      holder.insertBefore(element, next);
    }
  }

  function put(element: HTMLElement, row: number): void {
    element.style.top = `${(row - baseRow) * view.rowPx}px`;
    drawn.set(row, element);
  }

  return {
    draw(isEnd) {
      // Not before: until the next frame what stands there is better than nothing.
      if (isStale) clear();
      follow();
      resize();
      const topPx = isEnd ? Number.POSITIVE_INFINITY : position.topPx;
      const next = planJump(topPx, view);
      // Also when rows have gone: the browser would say that somebody had scrolled up.
      if (next.topPx !== position.topPx) moveTo(next);
      const window = planWindow(position, view);
      if (window.baseRow !== baseRow) {
        baseRow = window.baseRow;
        for (const [row, element] of drawn) put(element, row);
      }
      holder.style.transform = window.holderPx === 0 ? '' : `translateY(${window.holderPx}px)`;
      const wanted = new Set(options.keptRows());
      for (let row = window.first; row < window.end; row++) wanted.add(row);
      place([...wanted].filter((row) => row < view.rows).sort((one, other) => one - other));
      options.onDraw(Math.floor(position.topPx / view.rowPx));
    },
    forget() {
      isStale = true;
    },
    reveal(row) {
      follow();
      resize();
      moveTo(planJump(planReveal(row, position, view), view));
    },
    scrollTo(row) {
      follow();
      resize();
      moveTo(planJump(row * view.rowPx, view));
    },
    topRow: () => Math.floor(position.topPx / view.rowPx),
    drawn: () => drawn,
    measure(rowPx) {
      view = { ...view, rowPx };
      // A log that is shorter than its window is as high as its rows.
      resize();
      view = { ...view, heightPx: scroller.clientHeight };
      widthPx = scroller.clientWidth;
    },
    setWidthPx(contentPx) {
      // Of the spacer: the holder has no height, and for a moment no rows, and a browser scrolls to no such thing.
      spacer.style.width = `${contentPx}px`;
    },
    widthPx: () => widthPx,
  };
}
