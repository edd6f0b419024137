import type { Heartbeat } from '../../contracts/build-report.ts';
import { type BuilderAttempt, renewLease } from '../db/attempts.ts';
import { recordProgress } from '../db/build-progress.ts';
import type { Database, Transaction } from '../db/database.ts';
import { lockDeployment } from '../db/deployments.ts';
import type { JobSender } from '../jobs/queue.ts';
import type { LogHints } from '../logs/stores/log-store.ts';
import { giveUpCheckoutToken } from './checkout-token.ts';

export interface RecordHeartbeatDependencies {
  readonly db: Database;
  readonly hints: Pick<LogHints, 'publish'>;
  readonly jobs: JobSender;
  readonly now: () => number;
  /** How long a builder may be silent. */
  readonly leaseMs: number;
}

export type HeartbeatResult =
  | { readonly outcome: 'renewed'; readonly cancel: boolean }
  | { readonly outcome: 'over' };

/** A builder lives: its lease begins anew, people see its phases, and it hears whether to go on. */
export async function recordHeartbeat(
  { attempt }: BuilderAttempt,
  heartbeat: Heartbeat,
  { db, hints, jobs, now, leaseMs }: RecordHeartbeatDependencies,
): Promise<HeartbeatResult> {
  const leaseExpiresAt = new Date(now() + leaseMs);
  const recorded = await db.transaction((tx) => recordBeat(tx, attempt, heartbeat, leaseExpiresAt, { jobs }));
  if (recorded === undefined) return { outcome: 'over' };
  if (recorded.isNews) hints.publish(attempt.deploymentId);
  return { outcome: 'renewed', cancel: recorded.cancelRequested };
}

function isCheckedOut({ phases }: Pick<Heartbeat, 'phases'>): boolean {
  return phases.some(({ phase, endedAt }) => phase === 'checkout' && endedAt !== null);
}

/** Undefined, and nothing is written, when the attempt is over: the phases would be those of another one. */
export async function recordBeat(
  tx: Transaction,
  { id, deploymentId, checkoutToken }: BuilderAttempt['attempt'],
  { lastSeq, ...progress }: Heartbeat,
  leaseExpiresAt: Date,
  { jobs }: Pick<RecordHeartbeatDependencies, 'jobs'>,
): Promise<{ readonly isNews: boolean; readonly cancelRequested: boolean } | undefined> {
  const deployment = await lockDeployment(tx, deploymentId);
  if (deployment === undefined || !(await renewLease(tx, id, { leaseExpiresAt, lastSeq }))) return undefined;
  if (checkoutToken !== null && isCheckedOut(progress)) await giveUpCheckoutToken(tx, id, { jobs });
  const isNews = await recordProgress(tx, deploymentId, progress);
  return { isNews, cancelRequested: deployment.cancelRequestedAt !== null };
}
