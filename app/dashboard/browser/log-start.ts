import { createChoice, type LogChoice } from './log-choice.ts';
import { createCopy, type LogCopy } from './log-copy.ts';
import { createFind, type LogFind } from './log-find.ts';
import { createFolds, type LogFolds } from './log-folds.ts';
import { createFollow } from './log-follow.ts';
import { STALE_EVENT } from './live.ts';
import { createLogLayout } from './log-layout.ts';
import { createLogLines, type LogLine } from './log-lines.ts';
import { createMeter, MAX_COLUMNS } from './log-meter.ts';
import { followPreferences } from './log-preferences.ts';
import { createPresence } from './log-presence.ts';
import type { LogRoom } from './log-room.ts';
import { createRowMaker } from './log-rows.ts';
import { createScreen } from './log-screen.ts';
import { readLog, type SourceState } from './log-source.ts';
import { createTeller, type LogTeller } from './log-teller.ts';

/** While a log loads, the last lines that came with the page stay for this long: then the first ones are shown. */
const PATIENCE_MS = 1000;
/** Who loads a long log wants its end, not each of its frames. */
const LOADING_FRAME_MS = 150;
/** The app's own words have a number that is none. */
const MAX_SEQ = 0xffff_fffe;

const GROWING: ReadonlySet<SourceState['kind']> = new Set(['live', 'reconnecting', 'delayed']);

/** Turns what renderLogViewer wrote into the viewer: makes its parts, and draws when one of them has changed. */
export function startLogViewer(root: HTMLElement): void {
  const page = root.ownerDocument;
  const view = page.defaultView!;
  const part = (name: string): HTMLElement => root.querySelector<HTMLElement>(`[data-log-part="${name}"]`)!;
  const scroller = makeScroller(page);
  part('box').prepend(scroller);
  const lines = createLogLines();
  const layout = createLogLayout(lines, MAX_COLUMNS);
  const frames = createFrames(frame);
  const preferences = followPreferences(part, () => view.localStorage, redraw);
  const known = {
    isFinished: root.dataset['finished'] === 'true',
    hasFailed: root.dataset['failed'] === 'true',
  };
  let state: SourceState = { kind: 'loading' };
  let isShown = false;
  let isImpatient = false;
  let maxSeq = 0;
  let attempts = 0;

  const maker = createRowMaker(page, lines, layout, {
    times: () => preferences().times,
    marksOf: (line) => find.marksOf(line),
    isChosen: (line) => choice.isChosen(line),
    failedRun: () => teller.failedRun(state),
  });
  const follow = createFollow(part('follow'), view.location.hash === '', frames.schedule);
  const screen = createScreen(
    {
      scroller,
      rows: () => layout.rows(),
      makeRow(row) {
        const at = layout.at(row);
        return at.kind === 'head' ? maker.makeHead(at.run) : maker.makeLine(at.line, at.piece);
      },
      keptRows: () => [...copy.keptRows(), ...focusedRow()],
      onScroll: (direction, isAtEnd) => follow.onScroll(direction, isAtEnd),
      onDraw: (topRow) => folds.update(topRow),
    },
    frames.schedule,
  );
  const meter = createMeter(scroller, screen, layout);
  const { schedule } = frames;
  const room: LogRoom = {
    page,
    lines,
    layout,
    screen,
    scroller,
    part,
    schedule,
    draw,
    redraw,
    showLine,
    topLine,
  };
  const folds: LogFolds = createFolds(room, maker);
  const find: LogFind = createFind(room);
  const choice: LogChoice = createChoice(room, () => copy.update());
  const copy: LogCopy = createCopy(room, choice);
  const teller: LogTeller = createTeller(room, choice, known);

  /** A row whose button has the focus stays, or the keyboard would be back at the page's beginning. */
  function focusedRow(): number[] {
    for (const [row, element] of screen.drawn()) if (element.contains(page.activeElement)) return [row];
    return [];
  }
  function redraw(): void {
    screen.forget();
    frames.schedule();
  }
  function showLine(line: number, column = 0): void {
    follow.stop();
    folds.open(lines.runOf(line));
    const starts = layout.pieces(line);
    const piece = Math.max(
      0,
      starts.findLastIndex((start) => start <= column),
    );
    screen.reveal(layout.rowOf(line, piece));
    // A page may have more to show than its log.
    scroller.scrollIntoView({ block: 'nearest' });
    meter.revealColumn(column - (starts[piece] ?? 0));
    frames.schedule();
  }
  function topLine(): number {
    if (layout.rows() === 0) return 0;
    const at = layout.at(Math.min(screen.topRow(), layout.rows() - 1));
    return at.kind === 'head' ? lines.runStart(at.run) : at.line;
  }

  function take(more: readonly LogLine[]): void {
    for (const line of more) {
      const index = lines.count();
      lines.append(line);
      if (lines.count() === index) continue;
      teller.look(line, index);
      if (line.seq <= MAX_SEQ) maxSeq = Math.max(maxSeq, line.seq);
    }
    if (state.kind === 'loading') frames.scheduleIn(LOADING_FRAME_MS);
    else frames.schedule();
  }

  /** Exchanges the lines that came with the page for all lines, once there is something to show. */
  function show(): void {
    const hasBegun = state.kind !== 'loading' || isImpatient || choice.isWaiting();
    if (isShown || lines.count() === 0 || !hasBegun) return;
    isShown = true;
    part('tail').remove();
    scroller.hidden = false;
    meter.measure();
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

  function frame(): void {
    layout.grow();
    // With a second attempt, heads and links say which one they are of.
    if (attempts !== lines.attempts().length) screen.forget();
    attempts = lines.attempts().length;
    show();
    // What is not seen can be neither measured nor scrolled.
    if (isShown) work();
    follow.update(lines.count(), !known.isFinished && GROWING.has(state.kind));
    teller.tell(state);
  }
  function work(): void {
    fit();
    choice.update(state.kind !== 'loading');
    if (find.advance()) frames.schedule();
    draw();
  }

  scroller.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') choice.clear();
    if (event.key.toLowerCase() !== 'a' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    choice.chooseAll();
  });
  // The button lies over the lines: who turns the wheel there means them.
  const turn = ({ deltaY }: WheelEvent): void => scroller.scrollBy(0, deltaY);
  part('follow').addEventListener('wheel', turn, { passive: true });
  view.addEventListener('resize', () => {
    if (isShown) meter.measure();
    redraw();
  });
  setTimeout(() => {
    isImpatient = true;
    frames.schedule();
  }, PATIENCE_MS);
  part('tools').hidden = false;
  void readLog(
    {
      url: root.dataset['log'] ?? '',
      fetch: (...request) => fetch(...request),
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      signal: new AbortController().signal,
      presence: createPresence(page),
    },
    {
      onLines: take,
      onState(next) {
        state = next;
        redraw();
        if (next.kind === 'ended') page.dispatchEvent(new Event(STALE_EVENT));
      },
    },
  );
}

/** Asks for one frame at a time, at once or in a while. */
function createFrames(frame: () => void) {
  let isScheduled = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      frame();
    });
  }
  return {
    schedule,
    scheduleIn(ms: number): void {
      timer ??= setTimeout(() => {
        timer = undefined;
        schedule();
      }, ms);
    },
  };
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
