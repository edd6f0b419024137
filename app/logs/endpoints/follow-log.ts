import type { StoredLogLine } from '../../../contracts/log-line.ts';
import type { FailureReason } from '../../../contracts/phases.ts';
import type { LogProgress } from '../../db/log-progress.ts';
import { isFinal } from '../../domain/transition.ts';
import type { DeploymentStatus } from '../../domain/words.ts';
import type { LogCursor, LogStore } from '../stores/log-store.ts';
import { awaitsLastWord, checkCompleteness, type Completeness } from './completeness.ts';
import { BEGINNING, formatCursor } from './cursor.ts';
import type { Pulse, Pulses } from '../stores/pulses.ts';

/** One read of a live tail: small, because each of many slow readers may hold one. */
const TAIL_PAGE_LINES = 1000;
const TAIL_PAGE_BYTES = 1024 * 1024;
/** While the store is away it is asked this often, however many hints come. */
const OUTAGE_PAUSE_MS = 1000;

/** How long a tail stays for the app's last word after the end; the job that writes it may find the store away. */
const LAST_WORD_WAIT_MS = 3000;

/** How the deployment ended, and whether its log is whole. */
interface LogResult extends Completeness {
  readonly status: DeploymentStatus;
  readonly reason: FailureReason | null;
  readonly message: string | null;
}

export type LogEvent =
  | { readonly kind: 'lines'; readonly lines: readonly StoredLogLine[] }
  /** A server is out of reach: lines come later. Said once an outage. */
  | { readonly kind: 'delayed' }
  | { readonly kind: 'result'; readonly result: LogResult }
  /** The deployment was deleted while somebody watched. */
  | { readonly kind: 'gone' };

const DELAYED: LogEvent = { kind: 'delayed' };

export interface LogSource {
  readonly store: LogStore;
  readonly pulses: Pulses;
  readonly readProgress: (deploymentId: string) => Promise<LogProgress | undefined>;
  readonly log: { warn(fields: { readonly err: unknown }, message: string): void };
}

/**
 * Follows a log from the cursor on: all lines that are there, then each new one, at last the result. It reads
 * the next page only when asked for the next event, so a slow reader costs one page of memory.
 */
export async function* followLog(
  source: LogSource,
  deploymentId: string,
  after: LogCursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogEvent, void, void> {
  const pulse = source.pulses.follow(deploymentId);
  try {
    yield* follow(
      createTailReader(source, pulse, deploymentId),
      pulse,
      after ?? BEGINNING,
      signal,
      source.log,
    );
  } finally {
    pulse.leave();
  }
}

async function* follow(
  reader: TailReader,
  pulse: Pulse,
  after: LogCursor,
  signal: AbortSignal,
  log: LogSource['log'],
): AsyncGenerator<LogEvent, void, void> {
  let cursor = after;
  let isDelayed = false;
  while (!signal.aborted) {
    const seen = pulse.beat();
    const step = await reader.step(cursor).catch((err: unknown) => {
      if (!isDelayed) log.warn({ err }, 'a followed log could not be read; its readers were told of a delay');
      return DELAYED;
    });
    if (step.kind === 'result' || step.kind === 'gone') return yield step;
    if (step.kind === 'delayed') {
      if (!isDelayed) yield step;
      isDelayed = true;
      await pause(OUTAGE_PAUSE_MS, signal);
      continue;
    }
    isDelayed = false;
    const last = step.lines.at(-1);
    if (last === undefined) {
      await pulse.next(seen, signal);
      continue;
    }
    cursor = { attempt: last.attempt, seq: last.seq };
    yield step;
  }
}

interface TailReader {
  /** The lines after the cursor; none when there are none yet; the result when there will be no more. */
  step(cursor: LogCursor): Promise<LogEvent>;
}

function createTailReader(source: LogSource, pulse: Pulse, deploymentId: string): TailReader {
  const { store, readProgress } = source;
  const read = (when: string, after: LogCursor): Promise<StoredLogLine[]> =>
    pulse.share(`${when} ${formatCursor(after)}`, () =>
      store.read({ deploymentId, after, limit: TAIL_PAGE_LINES, maxBytes: TAIL_PAGE_BYTES }),
    );

  let patience: AbortSignal | undefined;

  async function step(cursor: LogCursor): Promise<LogEvent> {
    const lines = await read('live', cursor);
    if (lines.length > 0) return { kind: 'lines', lines };
    const progress = await pulse.share('progress', () => readProgress(deploymentId));
    if (progress === undefined) return { kind: 'gone' };
    if (!isFinal(progress.status)) return { kind: 'lines', lines };
    // Lines may have come between the two reads; after the end none come any more.
    const rest = await read('final', cursor);
    if (rest.length > 0) return { kind: 'lines', lines: rest };
    patience ??= AbortSignal.timeout(LAST_WORD_WAIT_MS);
    if (awaitsLastWord(progress, cursor) && !patience.aborted) return { kind: 'lines', lines: rest };
    return { kind: 'result', result: await describeResult(store, deploymentId, progress) };
  }

  return { step };
}

async function describeResult(
  store: LogStore,
  deploymentId: string,
  progress: LogProgress,
): Promise<LogResult> {
  const { status, reason, message } = progress;
  return { status, reason, message, ...(await checkCompleteness(store, deploymentId, progress)) };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
