import { formatLineHash, type LineRange, parseLineHash, parseLineNumbers } from './hash.ts';
import type { LogRoom } from './room.ts';
import { namedAttempt } from './rows.ts';

/** The lines that a link names, or that a person has chosen by their numbers. */
export interface LogChoice {
  isChosen(line: number): boolean;
  /** The first and the last chosen line. */
  range(): readonly [from: number, to: number] | undefined;
  /** What the page's link names has come, and is not shown yet. */
  isWaiting(): boolean;
  /** Shows what the link names, once it is there. */
  update(hasAll: boolean): void;
  /** The link names a line that the log does not have. */
  isMissing(): boolean;
  /** Chooses a line and shows it. */
  choose(line: number): void;
  chooseAll(): void;
  clear(): void;
}

export function createChoice(room: LogRoom, onChange: () => void): LogChoice {
  const { lines, page, scroller, part } = room;
  const { location, history } = page.defaultView!;
  let chosen: readonly [number, number] | undefined;
  /** Where a range that Shift extends begins. */
  let anchor = 0;
  let wanted = parseLineHash(location.hash);
  let isMissing = false;

  function setChosen(next: readonly [number, number] | undefined): void {
    chosen = next;
    for (const row of room.stage.screen.drawn().values()) {
      const line = row.dataset['line'];
      if (line !== undefined) row.classList.toggle('chosen', isChosen(Number(line)));
    }
    onChange();
  }
  const isChosen = (line: number): boolean => chosen !== undefined && line >= chosen[0] && line <= chosen[1];

  function find({ attempt, from, to }: LineRange): readonly [number, number] | undefined {
    const asked = attempt ?? lines.attempts()[0] ?? 1;
    const first = lines.find(asked, from);
    return first === undefined ? undefined : [first, lines.find(asked, to) ?? first];
  }

  /** Whether the log has the lines. */
  function show(range: LineRange): boolean {
    const found = find(range);
    if (found === undefined) return false;
    anchor = found[0];
    setChosen(found);
    room.stage.showLine(found[0]);
    return true;
  }

  /** Without a step in the history: going back leads to the page before. */
  function writeHash(): void {
    const hash = chosen === undefined ? '' : hashOf(chosen);
    history.replaceState(history.state, '', `${location.pathname}${location.search}${hash}`);
  }
  function hashOf([first, last]: readonly [number, number]): string {
    return formatLineHash({
      attempt: namedAttempt(lines, first),
      from: lines.seq(first),
      to: lines.attempt(first) === lines.attempt(last) ? lines.seq(last) : lines.seq(first),
    });
  }

  scroller.addEventListener('click', (event) => {
    const number = (event.target as Element).closest('a.log-no');
    const line = Number(number?.closest<HTMLElement>('[data-line]')?.dataset['line']);
    if (number === null || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!event.shiftKey || chosen === undefined) anchor = line;
    setChosen([Math.min(anchor, line), Math.max(anchor, line)]);
    writeHash();
  });
  page.defaultView?.addEventListener('hashchange', () => {
    wanted = parseLineHash(location.hash);
    isMissing = false;
    room.schedule();
  });
  const form = part('go') as HTMLFormElement;
  const field = form.elements.namedItem('lines') as HTMLInputElement;
  field.addEventListener('input', () => field.setCustomValidity(''));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const range = parseLineNumbers(field.value);
    if (range !== undefined && show(range)) return writeHash();
    field.setCustomValidity(
      range === undefined ? 'Type a number, or two: 120-180' : 'The log has no such line.',
    );
    field.reportValidity();
  });

  return {
    isChosen,
    range: () => chosen,
    isMissing: () => isMissing,
    isWaiting: () => wanted !== undefined && find(wanted) !== undefined,
    update(hasAll) {
      if (wanted === undefined) return;
      if (show(wanted)) wanted = undefined;
      else if (hasAll) [isMissing, wanted] = [true, undefined];
    },
    choose(line) {
      anchor = line;
      setChosen([line, line]);
      room.stage.showLine(line);
      writeHash();
    },
    chooseAll() {
      if (lines.count() > 0) setChosen([0, lines.count() - 1]);
    },
    clear() {
      if (chosen === undefined) return;
      setChosen(undefined);
      writeHash();
    },
  };
}
