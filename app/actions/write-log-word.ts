import type { JobPayload } from '../jobs/queue.ts';
import type { LogHints, LogStore } from '../logs/stores/log-store.ts';

export interface WriteLogWordDependencies {
  readonly logs: Pick<LogStore, 'append'>;
  readonly hints: Pick<LogHints, 'publish'>;
}

/** Puts the app's own words about an attempt beside the builder's lines. Twice is the same as once. */
export async function writeLogWord(
  word: JobPayload<'write-log-word'>,
  { logs, hints }: WriteLogWordDependencies,
): Promise<void> {
  const { deploymentId, attempt, seq, at, text } = word;
  const line = { attempt, seq, at, phase: 'deploy', stream: 'system', text } as const;
  await logs.append({ deploymentId, attempt }, [line]);
  hints.publish(deploymentId);
}
