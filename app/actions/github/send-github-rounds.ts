import type { Database } from '../../db/database.ts';
import type { JobSender } from '../../jobs/queue.ts';

export interface SendGithubRoundsDependencies {
  readonly db: Database;
  readonly jobs: JobSender;
  /** How often all processes together look at GitHub for what was lost. */
  readonly githubRoundSeconds: number;
}

/** A process that dies and starts again and again must not ask GitHub each time. */
const STARTS_ONCE_PER_SECONDS = 60;

/** Sends for the rounds that look for what GitHub could not tell us; whoever sends, there is one of each in a while. */
export async function sendGithubRounds({
  db,
  jobs,
  githubRoundSeconds,
}: SendGithubRoundsDependencies): Promise<void> {
  await jobs.send(db, 'redeliver-webhooks', {}, { oncePerSeconds: githubRoundSeconds });
  await jobs.send(db, 'compare-heads', {}, { oncePerSeconds: githubRoundSeconds });
}

/** The same at a start, without waiting for the turn of the next round: webhooks were lost while we were away. */
export async function sendFirstGithubRounds({
  db,
  jobs,
  githubRoundSeconds,
}: SendGithubRoundsDependencies): Promise<void> {
  const once = { oncePerSeconds: Math.min(STARTS_ONCE_PER_SECONDS, githubRoundSeconds), key: 'start' };
  await jobs.send(db, 'redeliver-webhooks', {}, once);
  await jobs.send(db, 'compare-heads', {}, once);
}
