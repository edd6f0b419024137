import type { FailureReason } from '../../contracts/phases.ts';
import { settleWaitingAliases } from '../db/aliases.ts';
import type { Transaction } from '../db/database.ts';
import { moveDeployment } from '../db/deployments.ts';
import { endOpenAttempt } from '../db/open-attempts.ts';
import { giveUpCheckoutToken } from './checkout-token.ts';
import type { AttemptName } from './end-attempt.ts';
import { tellOthers } from './tell-others.ts';
import type { TellWebhooksDependencies } from './tell-webhooks.ts';

export interface AttemptFailure {
  readonly reason: FailureReason;
  /** One or two sentences for people. */
  readonly message: string;
}

/**
 * Ends an attempt that failed for a reason of its own, and its deployment with it: the same commit would fail
 * again. False when it had ended before. The caller has locked the deployment, and publishes the hint.
 */
export async function failAttemptWithin(
  tx: Transaction,
  { id, deploymentId }: AttemptName,
  { reason, message }: AttemptFailure,
  dependencies: TellWebhooksDependencies,
): Promise<boolean> {
  const { jobs, now } = dependencies;
  const at = new Date(now());
  const row = await endOpenAttempt(tx, id, 'failed', at);
  if (row === undefined) return false;
  await giveUpCheckoutToken(tx, id, dependencies);
  const failed = await moveDeployment(tx, deploymentId, 'fail', at, { reason, message });
  if (failed !== undefined) await tellOthers(tx, failed, dependencies);
  const labels = await settleWaitingAliases(tx, [deploymentId], { state: 'failed', reason }, at);
  if (labels.length > 0) await jobs.send(tx, 'project-aliases', { labels });
  await jobs.send(tx, 'schedule-builds', {});
  return true;
}
