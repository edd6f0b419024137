import type { LogChoice } from './choice.ts';
import { createErrorFinder } from './errors.ts';
import type { LogLine } from './lines.ts';
import type { LogRoom } from './room.ts';
import type { SourceState } from './source.ts';
import { formatCount, formatState } from './words.ts';

/** What the page knew of the deployment when it was made. */
export interface KnownEnd {
  readonly isFinished: boolean;
  readonly hasFailed: boolean;
}

/** The words above the lines: how the log's deployment stands, how many lines there are, where it went wrong. */
export interface LogTeller {
  look(line: LogLine, index: number): void;
  tell(state: SourceState): void;
  /** The phase that the deployment failed in. */
  failedRun(state: SourceState): number | undefined;
}

export function createTeller(room: LogRoom, choice: LogChoice, known: KnownEnd): LogTeller {
  const { lines, part } = room;
  const errors = createErrorFinder();
  let firstError: number | undefined;

  const hasFailed = (state: SourceState): boolean =>
    state.kind === 'ended' ? state.result.status === 'failed' : known.hasFailed;

  function tellError(state: SourceState): void {
    const wentWell = !hasFailed(state) && (known.isFinished || state.kind === 'ended');
    firstError = wentWell ? undefined : errors.first(hasFailed(state));
    const button = part('error');
    button.hidden = firstError === undefined;
    if (firstError !== undefined) setText(button, `First error: line ${lines.seq(firstError)}`);
  }

  function sayEmpty(): void {
    const note = part('tail').querySelector<HTMLElement>('.log-note');
    if (note !== null) setText(note, 'This log is empty.');
  }

  part('error').addEventListener('click', () => {
    if (firstError !== undefined) choice.choose(firstError);
  });

  return {
    look: (line, index) => errors.look(line, index),
    failedRun(state) {
      if (!hasFailed(state)) return undefined;
      let run = lines.runs() - 1;
      while (run >= 0 && lines.phase(lines.runStart(run)) === 'deploy') run -= 1;
      return run < 0 ? undefined : run;
    },
    tell(state) {
      // Nothing lives in a log that is over: its end is read in a moment.
      const isOver = state.kind === 'live' && known.isFinished;
      const { look, text } = formatState(isOver ? { kind: 'loading' } : state);
      const badge = part('state');
      badge.className = `log-state badge ${look}`;
      setText(badge, choice.isMissing() ? `${text} · the log has no line of this link` : text);
      if (state.kind === 'ended' && lines.count() === 0) sayEmpty();
      setText(part('lines'), lines.count() === 0 ? '' : formatCount(lines.count()));
      tellError(state);
    },
  };
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
