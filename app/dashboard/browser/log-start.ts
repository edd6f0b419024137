import { createChoice, type LogChoice } from './log-choice.ts';
import { createCopy, type LogCopy } from './log-copy.ts';
import { createErrorFinder } from './log-errors.ts';
import { createFind, type LogFind } from './log-find.ts';
import { createFollow } from './log-follow.ts';
import { createLogLayout } from './log-layout.ts';
import { createLogLines, type LogLine } from './log-lines.ts';
import { createMeter, MAX_COLUMNS } from './log-meter.ts';
import { keepPreferences, readPreferences } from './log-preferences.ts';
import type { LogRoom } from './log-room.ts';
import { createRowMaker, type RowLook } from './log-rows.ts';
import { createScreen } from './log-screen.ts';
import { readLog, type SourceState } from './log-source.ts';
import { formatCount, formatState } from './log-words.ts';
import { STALE_EVENT } from './live.ts';
import { whileSeen } from './seen.ts';

/** While a log loads, the last lines that came with the page stay for this long: then the first ones are shown. */
const PATIENCE_MS = 1000;
const LOADING_FRAME_MS = 150;
/** The app's own words have a number that is none. */
const MAX_SEQ = 0xffff_fffe;

/** Turns what renderLogViewer wrote into the viewer. */
export function startLogViewer(root: HTMLElement): void {
  const page = root.ownerDocument;
  const storage = (): Storage => page.defaultView!.localStorage;
  const part = (name: string): HTMLElement => root.querySelector<HTMLElement>(`[data-log-part="${name}"]`)!;
  const lines = createLogLines();
  const layout = createLogLayout(lines, MAX_COLUMNS);
  const errors = createErrorFinder();
  let preferences = readPreferences(storage);
  let state: SourceState = { kind: 'loading' };
  let isShown = false;
  let isImpatient = false;
  let maxSeq = 0;
  let attempts = 0;
  let isScheduled = false;
  let soon: ReturnType<typeof setTimeout> | undefined;

  const scroller = makeScroller(page);
  part('box').prepend(scroller);

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(frame);
  }
  /** Who loads a long log wants its end, not each of its frames. */
  function scheduleSoon(): void {
    soon ??= setTimeout(() => {
      soon = undefined;
      schedule();
    }, LOADING_FRAME_MS);
  }
  function redraw(): void {
    screen.forget();
    schedule();
  }

  const look: RowLook = {
    times: preferences.times,
    marksOf: (line) => find.marksOf(line),
    isChosen: (line) => choice.isChosen(line),
    failedRun: () => (hasFailed() ? lastBuilderRun() : undefined),
  };
  const maker = createRowMaker(page, lines, layout, look);
  const now = scroller.appendChild(page.createElement('div'));
  now.className = 'log-now';
  const follow = createFollow(part('follow'), page.defaultView!.location.hash === '', schedule);
  const screen = createScreen(
    {
      scroller,
      rows: () => layout.rows(),
      makeRow(row) {
        const at = layout.at(row);
        return at.kind === 'head' ? maker.makeHead(at.run) : maker.makeLine(at.line, at.piece);
      },
      keptRows: () => copy.keptRows(),
      onScroll: (direction, isAtEnd) => follow.onScroll(direction, isAtEnd),
      onDraw: showNow,
    },
    schedule,
  );
  const meter = createMeter(scroller, screen, layout);
  const room: LogRoom = { page, lines, layout, screen, scroller, part, schedule, redraw, showLine, topLine };
  const find: LogFind = createFind(room);
  const choice: LogChoice = createChoice(room, () => copy.update());
  const copy: LogCopy = createCopy(room, choice);

  function hasFailed(): boolean {
    return state.kind === 'ended' ? state.result.status === 'failed' : root.dataset['failed'] === 'true';
  }
  function lastBuilderRun(): number | undefined {
    for (let run = lines.runs() - 1; run >= 0; run--) {
      if (lines.phase(lines.runStart(run)) !== 'deploy') return run;
    }
    return undefined;
  }

  function showLine(line: number, column = 0): void {
    follow.stop();
    const run = lines.runOf(line);
    if (layout.isFolded(run)) fold(run, false);
    const starts = layout.pieces(line);
    const piece = starts.findLastIndex((start) => start <= column);
    screen.reveal(layout.rowOf(line, Math.max(0, piece)));
    meter.revealColumn(column - (starts[piece] ?? 0));
    schedule();
  }
  function topLine(): number {
    if (layout.rows() === 0) return 0;
    const at = layout.at(Math.min(screen.topRow(), layout.rows() - 1));
    return at.kind === 'head' ? lines.runStart(at.run) : at.line;
  }

  function fold(run: number, isFolded: boolean): void {
    layout.fold(run, isFolded);
    screen.forget();
  }
  function onFold(button: Element): void {
    const run = Number(button.closest<HTMLElement>('[data-run]')?.dataset['run']);
    const isHeadAbove = layout.headOf(run) < screen.topRow();
    fold(run, !layout.isFolded(run));
    if (isHeadAbove) screen.scrollTo(layout.headOf(run));
    draw();
    const heads = [...scroller.querySelectorAll<HTMLElement>(`[data-run="${run}"] button`)];
    heads.at(isHeadAbove ? 0 : -1)?.focus({ preventScroll: true });
  }

  /** The phase of what is on top stays in view. */
  function showNow(topRow: number): void {
    if (layout.rows() === 0) return;
    const at = layout.at(Math.min(topRow, layout.rows() - 1));
    const run = at.kind === 'head' ? at.run : lines.runOf(at.line);
    const head = now.firstElementChild as HTMLElement | null;
    if (head?.dataset['run'] === String(run)) maker.updateHead(head, run);
    else now.replaceChildren(maker.makeHead(run));
    for (const row of screen.drawn().values()) {
      if (row.dataset['run'] !== undefined) maker.updateHead(row, Number(row.dataset['run']));
    }
  }

  function take(more: readonly LogLine[]): void {
    for (const line of more) {
      const index = lines.count();
      lines.append(line);
      if (lines.count() === index) continue;
      errors.look(line, index);
      if (line.seq <= MAX_SEQ) maxSeq = Math.max(maxSeq, line.seq);
    }
    if (state.kind === 'loading') scheduleSoon();
    else schedule();
  }

  function fit(): void {
    const { isWrapped, times } = preferences;
    const top = topLine();
    const isCut = meter.fit({ isWrapped, hasTimes: times !== 'none', digits: String(maxSeq).length });
    if (!isCut) return;
    screen.forget();
    if (lines.count() > 0 && !follow.isOn()) screen.scrollTo(layout.rowOf(top));
  }

  function draw(): void {
    fit();
    screen.draw(follow.isOn());
  }

  /** Exchanges the lines that came with the page for all lines, once there is something to show. */
  function show(): void {
    const hasBegun = state.kind !== 'loading' || isImpatient || choice.range() !== undefined;
    if (isShown || lines.count() === 0 || !hasBegun) return;
    isShown = true;
    part('tail').remove();
    scroller.hidden = false;
    meter.measure();
  }

  function frame(): void {
    isScheduled = false;
    layout.grow();
    if (attempts !== lines.attempts().length) screen.forget();
    attempts = lines.attempts().length;
    const isLooking = find.advance();
    choice.update(state.kind !== 'loading');
    show();
    if (isShown) draw();
    tell();
    if (isLooking) schedule();
  }

  function tell(): void {
    follow.update(
      lines.count(),
      state.kind === 'live' || state.kind === 'reconnecting' || state.kind === 'delayed',
    );
    const { look, text } = formatState(state);
    const badge = part('state');
    badge.className = `log-state badge ${look}`;
    setText(badge, choice.isMissing() ? `${text} · the log has no line of this link` : text);
    setText(part('lines'), lines.count() === 0 ? '' : formatCount(lines.count()));
    tellError();
  }
  function tellError(): void {
    const button = part('error');
    const isOver = state.kind === 'ended' && !hasFailed();
    const line = isOver ? undefined : errors.first(hasFailed());
    button.hidden = line === undefined;
    if (line !== undefined) setText(button, `First error: line ${lines.seq(line)}`);
  }

  function listen(): void {
    scroller.addEventListener('click', ({ target }) => {
      const button = (target as Element).closest('.log-fold');
      if (button !== null) onFold(button);
    });
    scroller.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') choice.clear();
      if (event.key.toLowerCase() !== 'a' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      choice.chooseAll();
    });
    part('error').addEventListener('click', () => {
      const line = errors.first(hasFailed());
      if (line !== undefined) choice.choose(line);
    });
    page.defaultView?.addEventListener('resize', () => {
      if (isShown) meter.measure();
      redraw();
    });
  }

  function listenToPreferences(): void {
    const wrap = part('wrap') as HTMLInputElement;
    const times = part('times') as HTMLSelectElement;
    [wrap.checked, times.value] = [preferences.isWrapped, preferences.times];
    const change = (): void => {
      preferences = { isWrapped: wrap.checked, times: times.value as RowLook['times'] };
      look.times = preferences.times;
      keepPreferences(storage, preferences);
      redraw();
    };
    wrap.addEventListener('change', change);
    times.addEventListener('change', change);
  }

  listen();
  listenToPreferences();
  part('tools').hidden = false;
  setTimeout(() => {
    isImpatient = true;
    schedule();
  }, PATIENCE_MS);
  void readLog(
    {
      url: root.dataset['log'] ?? '',
      ...whileSeen(page),
      signal: new AbortController().signal,
    },
    {
      onLines: take,
      onState(next) {
        state = next;
        redraw();
        // What the rest of the page says of the deployment has changed too.
        if (next.kind === 'ended') page.dispatchEvent(new Event(STALE_EVENT));
      },
    },
  );
}

/** Screen readers are not told each line of a build; its end and its state are said by the status. */
function makeScroller(page: Document): HTMLElement {
  const scroller = page.createElement('div');
  scroller.className = 'log-scroll';
  scroller.tabIndex = 0;
  scroller.hidden = true;
  scroller.role = 'log';
  scroller.ariaLive = 'off';
  scroller.ariaLabel = 'Log lines';
  return scroller;
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
