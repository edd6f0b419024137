import type { LogProgress } from '../../db/log-progress.ts';
import { isFinal } from '../../domain/transition.ts';
import type { LogStore } from '../stores/log-store.ts';

/** `missing` is null while the deployment may still log. */
export interface Completeness {
  /** The deployment is over and every line that its builders numbered is stored. */
  readonly complete: boolean;
  readonly missing: number | null;
}

/** Compares what the builders said they had sent with what is stored. */
export async function checkCompleteness(
  store: LogStore,
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
