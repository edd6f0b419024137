import { siteUrl } from '../../contracts/site-domain.ts';
import type { Transaction } from '../db/database.ts';
import type { DeploymentRow } from '../db/deployments.ts';
import { findProject, type ProjectRow } from '../db/projects.ts';
import { insertDelivery } from '../db/webhook-deliveries.ts';
import { shareWebhooksFor, type WebhookRow } from '../db/webhooks.ts';
import { type Addresses, describeDeployment } from '../domain/describe-deployment.ts';
import { productionAliasOf } from '../domain/deployment-urls.ts';
import { webhookEventOf } from '../domain/webhook-event.ts';
import type { DeliveryEvent } from '../domain/words.ts';
import type { JobSender } from '../jobs/queue.ts';
import type { News } from '../notifications/news.ts';
import { formatPayload } from '../notifications/payload.ts';

export interface TellWebhooksDependencies extends Addresses {
  readonly jobs: JobSender;
  readonly now: () => number;
  readonly randomId: () => string;
}

/**
 * Tells the webhooks of a project that a deployment has come to its status, where somebody wants to hear of it. Call it
 * in the transaction that has moved the deployment: what is to be told is written with it, whole, and a job sends it.
 * So nothing is lost when everything ends a moment later, and it stays what it was when the deployment changes or goes.
 */
export async function tellWebhooks(
  tx: Transaction,
  deployment: DeploymentRow,
  dependencies: TellWebhooksDependencies,
): Promise<void> {
  const event = webhookEventOf(deployment.status);
  if (event === undefined) return;
  const listening = await shareWebhooksFor(tx, deployment.projectId, event);
  if (listening.length === 0) return;
  const project = await findProject(tx, deployment.projectId);
  if (project === undefined) return;
  for (const webhook of listening)
    await writeDelivery(tx, { webhook, project, event, deployment }, dependencies);
  await dependencies.jobs.send(tx, 'send-deliveries', {});
}

interface Occasion {
  readonly webhook: WebhookRow;
  readonly project: ProjectRow;
  readonly event: DeliveryEvent;
  /** Null for a ping. */
  readonly deployment: DeploymentRow | null;
}

/** Writes one delivery, due now. Undefined when it was written before: a webhook hears of a thing once. */
export async function writeDelivery(
  tx: Transaction,
  occasion: Occasion,
  dependencies: TellWebhooksDependencies,
) {
  const { webhook, event, deployment } = occasion;
  const id = dependencies.randomId();
  const at = new Date(dependencies.now());
  const payload = formatPayload(newsOf(id, at, occasion, dependencies), webhook.format);
  return insertDelivery(tx, {
    id,
    webhookId: webhook.id,
    deploymentId: deployment?.id ?? id,
    event,
    status: 'waiting',
    payload,
    createdAt: at,
    dueAt: at,
  });
}

function newsOf(id: string, at: Date, { project, event, deployment }: Occasion, addresses: Addresses): News {
  const { slug, name } = project;
  const page = deployment === null ? `/projects/${slug}` : `/deployments/${deployment.id}`;
  return {
    id,
    event,
    createdAt: at.getTime(),
    project: { id: project.id, slug, name, url: siteUrl(productionAliasOf(project).label, addresses.domain) },
    deployment: deployment && describeDeployment(deployment, project, addresses),
    page: new URL(page, addresses.appUrl).href,
  };
}
