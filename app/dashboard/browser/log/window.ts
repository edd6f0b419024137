/**
 * Browsers draw elements up to some height and no further (Firefox 17.8 million pixels, Chrome 33; above 16.7 million
 * single pixels get lost). A longer log has an element of this height, over which its rows are spread.
 */
export const MAX_ELEMENT_PX = 8_000_000;
/** Rows stand at most this many rows away from the element that holds them, for the same reason. */
const BLOCK_ROWS = 100_000;
/** Rows that are drawn above and below what is seen, so that a quick scroll does not run into nothing. */
const MARGIN_ROWS = 20;

export interface View {
  readonly rows: number;
  readonly rowPx: number;
  /** Of the box through which the rows are seen. */
  readonly heightPx: number;
}

/** `elementPx` is the browser's scrollTop; `topPx` how far the log is scrolled, as if its element were whole. */
export interface Position {
  readonly elementPx: number;
  readonly topPx: number;
}

export function elementHeight({ rows, rowPx }: View): number {
  return Math.min(rows * rowPx, MAX_ELEMENT_PX);
}

/**
 * Where the log is after the browser has scrolled. In a log that is taller than its element, a short way is taken as it
 * is, so that lines move as far as the wheel says, and a long one (the scroll bar) in proportion.
 */
export function planScroll(before: Position, elementPx: number, view: View): Position {
  const [elementMax, topMax] = [maxOf(elementHeight(view), view), maxOf(view.rows * view.rowPx, view)];
  if (elementMax === topMax) return { elementPx, topPx: elementPx };
  if (elementPx <= 0) return { elementPx, topPx: 0 };
  if (elementPx >= elementMax - 1) return { elementPx, topPx: topMax };
  const way = elementPx - before.elementPx;
  const isShort = Math.abs(way) <= 2 * view.heightPx;
  const topPx = isShort ? before.topPx + way : (elementPx / elementMax) * topMax;
  return { elementPx, topPx: clamp(topPx, 0, topMax) };
}

/** Where the browser has to scroll so that the log is at `topPx`; also where a drifted element belongs. */
export function planJump(topPx: number, view: View): Position {
  const [elementMax, topMax] = [maxOf(elementHeight(view), view), maxOf(view.rows * view.rowPx, view)];
  const top = clamp(topPx, 0, topMax);
  return { elementPx: elementMax === topMax ? top : (top / topMax) * elementMax, topPx: top };
}

/** How far the log must be scrolled so that a row is seen; as it is when it is seen already. */
export function planReveal(row: number, position: Position, view: View): number {
  const rowTop = row * view.rowPx;
  // The head of the run stays on top and covers a row.
  const isSeen =
    rowTop >= position.topPx + view.rowPx && rowTop + view.rowPx <= position.topPx + view.heightPx;
  return isSeen ? position.topPx : rowTop - Math.floor(view.heightPx / 3);
}

export interface Window {
  readonly first: number;
  /** Not among them. */
  readonly end: number;
  /** Rows stand below `holderPx` by their distance to this row. */
  readonly baseRow: number;
  /** Where the element that holds the rows stands in the scrolled one. */
  readonly holderPx: number;
}

/** Which rows have to be in the document, and where. */
export function planWindow(position: Position, view: View): Window {
  const { rowPx, rows, heightPx } = view;
  const top = Math.floor(position.topPx / rowPx);
  const first = clamp(top - MARGIN_ROWS, 0, rows);
  const end = clamp(top + Math.ceil(heightPx / rowPx) + 1 + MARGIN_ROWS, first, rows);
  const baseRow = Math.floor(first / BLOCK_ROWS) * BLOCK_ROWS;
  return { first, end, baseRow, holderPx: baseRow * rowPx + position.elementPx - position.topPx };
}

function maxOf(totalPx: number, { heightPx }: View): number {
  return Math.max(0, totalPx - heightPx);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
