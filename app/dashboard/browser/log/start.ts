import { STALE_EVENT } from '../live.ts';
import { createChoice, type LogChoice } from './choice.ts';
import { createCopy, type LogCopy } from './copy.ts';
import { createFind, type LogFind } from './find.ts';
import { createFollow } from './follow.ts';
import { createLogLines, type LogLine } from './lines.ts';
import { followPreferences } from './preferences.ts';
import { createPresence } from './presence.ts';
import type { LogRoom } from './room.ts';
import { type LogSource, readLog, type SourceState } from './source.ts';
import { createStage, type LogStage } from './stage.ts';
import { createTeller, type LogTeller } from './teller.ts';

/** While a log loads, the last lines that came with the page stay for this long: then the first ones are shown. */
const PATIENCE_MS = 1000;
/** Who loads a long log wants its end, not each of its frames. */
const LOADING_FRAME_MS = 150;
/** Work in one piece: with a drawing it fits into a frame. */
const WORK_MS = 8;
const GROWING: ReadonlySet<SourceState['kind']> = new Set(['live', 'reconnecting', 'delayed']);

/** Turns what renderLogViewer wrote into the viewer: makes its parts, and draws when one of them has changed. */
export function startLogViewer(root: HTMLElement): void {
  const page = root.ownerDocument;
  const view = page.defaultView!;
  const part = (name: string): HTMLElement => root.querySelector<HTMLElement>(`[data-log-part="${name}"]`)!;
  const known = {
    isFinished: root.dataset['finished'] === 'true',
    hasFailed: root.dataset['failed'] === 'true',
  };
  const lines = createLogLines();
  const scroller = makeScroller(page);
  part('box').prepend(scroller);
  let state: SourceState = { kind: 'loading' };
  let isShown = false;
  let isImpatient = false;

  const frames = createFrames(frame);
  const { schedule } = frames;
  const preferences = followPreferences(
    part,
    () => view.localStorage,
    () => stage.redraw(),
  );
  const follow = createFollow(part('follow'), view.location.hash === '', schedule);
  const stage: LogStage = createStage({
    page,
    scroller,
    lines,
    follow,
    preferences,
    schedule,
    look: {
      times: () => preferences().times,
      marksOf: (line) => find.marksOf(line),
      isChosen: (line) => choice.isChosen(line),
      failedRun: () => teller.failedRun(state),
    },
    keptRows: () => copy.keptRows(),
  });
  const room: LogRoom = { page, lines, stage, scroller, part, schedule };
  const find: LogFind = createFind(room);
  const choice: LogChoice = createChoice(room, () => copy.update());
  const copy: LogCopy = createCopy(room, choice);
  const teller: LogTeller = createTeller(room, choice, known);

  function take(more: readonly LogLine[]): void {
    for (const line of more) {
      const index = lines.count();
      lines.append(line);
      if (lines.count() > index) teller.look(line, index);
    }
    if (state.kind === 'loading') frames.scheduleIn(LOADING_FRAME_MS);
    else schedule();
  }

  /** Exchanges the lines that came with the page for all lines, once there is something to show. */
  function show(): void {
    const hasBegun = state.kind !== 'loading' || isImpatient || choice.isWaiting();
    if (isShown || lines.count() === 0 || !hasBegun) return;
    isShown = true;
    part('tail').remove();
    scroller.hidden = false;
    stage.measure();
  }

  function frame(): void {
    stage.grow();
    show();
    // What is not seen can be neither measured nor scrolled.
    if (isShown) draw();
    follow.update(lines.count(), !known.isFinished && GROWING.has(state.kind));
    teller.tell(state);
  }
  function draw(): void {
    stage.fit();
    choice.update(state.kind !== 'loading');
    if (find.advance()) schedule();
    stage.draw();
  }

  listen(room, choice);
  view.addEventListener('resize', () => {
    if (isShown) stage.measure();
    stage.redraw();
  });
  setTimeout(() => {
    isImpatient = true;
    schedule();
  }, PATIENCE_MS);
  part('tools').hidden = false;
  const onState = (next: SourceState): void => {
    state = next;
    schedule();
    if (next.kind === 'ended') page.dispatchEvent(new Event(STALE_EVENT));
  };
  void readLog(sourceOf(page, root.dataset['log'] ?? ''), { onLines: take, onState });
}

function sourceOf(page: Document, url: string): LogSource {
  return {
    url,
    fetch: (...request) => fetch(...request),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    breathe: createBreath(),
    // A page that is left takes its requests with it.
    signal: new AbortController().signal,
    presence: createPresence(page),
  };
}

/**
 * Waits for a turn of the page when it has had none for a while: what a stream has in store is given out without one.
 * A message comes sooner than a timer may, and after a frame that is due.
 */
function createBreath(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  let breathed = performance.now();
  let resolve = (): void => {};
  port1.addEventListener('message', () => {
    breathed = performance.now();
    resolve();
  });
  port1.start();
  return async () => {
    if (performance.now() - breathed < WORK_MS) return;
    await new Promise<void>((next) => {
      resolve = next;
      port2.postMessage(undefined);
    });
  };
}

function listen({ scroller, part }: LogRoom, choice: LogChoice): void {
  scroller.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') choice.clear();
    if (event.key.toLowerCase() !== 'a' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    choice.chooseAll();
  });
  // The button lies over the lines: who turns the wheel there means them.
  const turn = ({ deltaY }: WheelEvent): void => scroller.scrollBy(0, deltaY);
  part('follow').addEventListener('wheel', turn, { passive: true });
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
