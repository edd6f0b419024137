import { LAST_WORD_SEQ } from '../../../contracts/log-line.ts';
import type { LogProgress } from '../../db/log-progress.ts';
import { isFinal } from '../../domain/transition.ts';
import type { AttemptStatus } from '../../domain/words.ts';
import type { LogCursor, LogStore } from '../stores/log-store.ts';

/** `missing` is null while the deployment may still log. */
export interface Completeness {
  /** The deployment is over and every line that its builders numbered is stored. */
  readonly complete: boolean;
  readonly missing: number | null;
}

/** Compares what the builders said they had sent with what is stored. */
export async function checkCompleteness(
  store: Pick<LogStore, 'count'>,
  deploymentId: string,
  progress: LogProgress,
): Promise<Completeness> {
  if (!isFinal(progress.status)) return { complete: false, missing: null };
  const missing = await Promise.all(
    progress.attempts.map(async ({ number, lastSeq }) => {
      if (lastSeq === null || lastSeq === 0) return 0;
      return countMissing(lastSeq, await store.count({ deploymentId, attempt: number }));
    }),
  );
  const sum = missing.reduce((total, count) => total + count, 0);
  return { complete: sum === 0, missing: sum };
}

/** A builder that was lost may have sent more lines than its last heartbeat said. */
function countMissing(lastSeq: number, stored: number): number {
  return Math.max(0, lastSeq - stored);
}

/** Ends of an attempt that the app itself tells of, since its builder could not. */
const INTERRUPTED: ReadonlySet<AttemptStatus> = new Set(['lost', 'released', 'canceled']);

/**
 * Whether the app's own word about the newest attempt is still to come. A job writes it a moment after the
 * deployment's end, so a reader that stops at the end would miss why.
 */
export function awaitsLastWord(progress: LogProgress, cursor: LogCursor): boolean {
  const newest = progress.attempts.at(-1);
  if (newest === undefined || !INTERRUPTED.has(newest.status)) return false;
  return cursor.attempt !== newest.number || cursor.seq !== LAST_WORD_SEQ;
}
