import type { MarkRange } from './marks.ts';
import type { LogRoom } from './room.ts';
import { createLogSearch, MAX_HITS } from './search.ts';

/** Of a frame's 16 milliseconds, what the search may have: drawing takes two or three. */
const BUDGET_MS = 9;

/** The search field, its buttons and keys. */
export interface LogFind {
  /** Looks on; whether there is more to look through. */
  advance(): boolean;
  marksOf(line: number): readonly MarkRange[];
}

export function createFind(room: LogRoom): LogFind {
  const { lines, page, part } = room;
  const form = part('search') as HTMLFormElement;
  const field = form.elements.namedItem('query') as HTMLInputElement;
  const count = part('count');
  const search = createLogSearch(lines, () => performance.now());
  let current: number | undefined;
  /** The line from which on the first hit of a new query is wanted. */
  let wantedFrom: number | undefined;

  function showCount(isLooking: boolean): void {
    const hits = search.hits();
    const all = `${hits.toLocaleString('en')}${hits === MAX_HITS ? '+' : ''}`;
    const found = current === undefined ? `${all} hits` : `${(current + 1).toLocaleString('en')} of ${all}`;
    const none = isLooking ? 'Searching…' : 'No hits';
    const text = field.value === '' ? '' : hits === 0 ? none : found;
    if (count.textContent !== text) count.textContent = text;
  }

  function go(index: number): void {
    const hit = search.hit(index);
    current = index;
    room.stage.showLine(hit.line, hit.start);
    room.stage.redraw();
    showCount(false);
  }

  function step(by: 1 | -1): void {
    const hits = search.hits();
    if (hits === 0) return;
    const first = search.firstFrom(room.stage.topLine()) ?? 0;
    const from = current ?? (by === 1 ? first - 1 : first);
    go((from + by + hits) % hits);
  }

  function setQuery(): void {
    search.setQuery(field.value);
    [current, wantedFrom] = [undefined, field.value === '' ? undefined : room.stage.topLine()];
    showCount(true);
    room.stage.redraw();
  }

  function advance(): boolean {
    const before = search.hits();
    const isLooking = search.advance(performance.now() + BUDGET_MS);
    if (wantedFrom !== undefined) {
      const index = search.firstFrom(wantedFrom);
      if (index !== undefined && (!isLooking || search.hit(index).line >= wantedFrom)) {
        wantedFrom = undefined;
        go(index);
      } else if (!isLooking) wantedFrom = undefined;
    }
    if (!isLooking || search.hits() !== before) showCount(isLooking);
    return isLooking;
  }

  field.addEventListener('input', setQuery);
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && event.shiftKey) {
      event.preventDefault();
      step(-1);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      field.value = '';
      setQuery();
      room.scroller.focus({ preventScroll: true });
    }
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    step(1);
  });
  part('previous').addEventListener('click', () => step(-1));
  page.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    focus();
  });
  function focus(): void {
    field.focus();
    field.select();
  }

  return {
    advance,
    marksOf(line) {
      if (field.value === '') return [];
      const hit = current === undefined ? undefined : search.hit(current);
      return search.findIn(lines.plain(line)).map(([start, end]) => {
        const isCurrent = hit?.line === line && hit.start === start;
        return { start, end, mark: isCurrent ? 'current' : 'hit' };
      });
    },
  };
}

/** A slash that somebody writes is a slash. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
  );
}
