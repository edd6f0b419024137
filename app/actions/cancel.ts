import { settleWaitingAliases } from '../db/aliases.ts';
import type { Transaction } from '../db/database.ts';
import { type DeploymentRow, lockDeployment, moveDeployment, requestCancel } from '../db/deployments.ts';
import { findOpenAttempt } from '../db/open-attempts.ts';
import { isFinal } from '../domain/transition.ts';
import { type EndAttemptDependencies, interruptAttemptWithin } from './end-attempt.ts';
import { tellOthers } from './tell-others.ts';

export type CancelResult =
  /** It will not go on: canceled now, or (`requested`) as soon as its builder hears of it. */
  | { readonly outcome: 'canceled' | 'requested'; readonly deployment: DeploymentRow }
  /** It has ended, or its artifact is complete and goes live at this moment. */
  | { readonly outcome: 'too_late'; readonly deployment: DeploymentRow }
  | { readonly outcome: 'deployment_not_found' };

const DETAIL = 'Canceled on request.';

/** Cancels a deployment. A builder at work is told with its next heartbeat, so that its log stays whole. */
export async function cancel(
  deploymentId: string,
  dependencies: EndAttemptDependencies,
): Promise<CancelResult> {
  const result = await dependencies.db.transaction((tx) => cancelWithin(tx, deploymentId, dependencies));
  if (result.outcome !== 'deployment_not_found') dependencies.hints.publish(deploymentId);
  return result;
}

/** As cancel, in the caller's transaction; the caller publishes the hint. */
export async function cancelWithin(
  tx: Transaction,
  id: string,
  dependencies: EndAttemptDependencies,
): Promise<CancelResult> {
  const deployment = await lockDeployment(tx, id);
  if (deployment === undefined) return { outcome: 'deployment_not_found' };
  if (isFinal(deployment.status) || deployment.manifest !== null) return { outcome: 'too_late', deployment };
  const at = new Date(dependencies.now());
  if (deployment.status === 'building') {
    await requestCancel(tx, id, at);
    return { outcome: 'requested', deployment: { ...deployment, cancelRequestedAt: at } };
  }
  await requestCancel(tx, id, at);
  await cancelNow(tx, deployment, at, dependencies);
  return { outcome: 'canceled', deployment: { ...deployment, status: 'canceled', cancelRequestedAt: at } };
}

/** No builder has claimed it yet: nothing is lost by ending it at once. */
async function cancelNow(
  tx: Transaction,
  deployment: DeploymentRow,
  at: Date,
  dependencies: EndAttemptDependencies,
): Promise<void> {
  const attempt = await findOpenAttempt(tx, deployment.id);
  if (attempt !== undefined) {
    await interruptAttemptWithin(tx, attempt, 'canceled', DETAIL, dependencies);
    await dependencies.jobs.send(tx, 'stop-builder', { attemptId: attempt.id });
    return;
  }
  const canceled = await moveDeployment(tx, deployment.id, 'cancel', at, { message: DETAIL });
  if (canceled !== undefined) await tellOthers(tx, canceled, dependencies);
  const labels = await settleWaitingAliases(tx, [deployment.id], { state: 'gone' }, at);
  if (labels.length > 0) await dependencies.jobs.send(tx, 'project-aliases', { labels });
}
