import type { Transaction } from '../db/database.ts';
import type { DeploymentRow } from '../db/deployments.ts';
import { tellWebhooks, type TellWebhooksDependencies } from './tell-webhooks.ts';

/**
 * A deployment has come to an end: its project's webhooks and its commit at GitHub are to say so. Call it in the
 * transaction that has moved the deployment.
 */
export async function tellOthers(
  tx: Transaction,
  deployment: DeploymentRow,
  dependencies: TellWebhooksDependencies,
): Promise<void> {
  await tellWebhooks(tx, deployment, dependencies);
  if (deployment.reportsTo !== null) await dependencies.jobs.send(tx, 'report-deployments', {});
}
