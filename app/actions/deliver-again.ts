import type { Database } from '../db/database.ts';
import { findProject } from '../db/projects.ts';
import { type DeliveryRow, findDelivery, renewDelivery } from '../db/webhook-deliveries.ts';
import { shareWebhook } from '../db/webhooks.ts';
import { type TellWebhooksDependencies, writeDelivery } from './tell-webhooks.ts';

export interface DeliverAgainDependencies extends TellWebhooksDependencies {
  readonly db: Database;
}

/**
 * Sends a delivery once more, with the same id and body, and with all its tries. One that is on its way at this moment
 * is left to it. Undefined when there is no such delivery (any more).
 */
export async function deliverAgain(
  webhookId: string,
  deliveryId: string,
  { db, jobs, now }: DeliverAgainDependencies,
): Promise<DeliveryRow | undefined> {
  const found = await findDelivery(db, webhookId, deliveryId);
  if (found === undefined) return undefined;
  return db.transaction(async (tx) => {
    const renewed = await renewDelivery(tx, webhookId, deliveryId, new Date(now()));
    if (renewed === undefined) return findDelivery(tx, webhookId, deliveryId);
    await jobs.send(tx, 'send-deliveries', {});
    return renewed;
  });
}

/** Sends a webhook something that tells of nothing, the way that everything takes. Undefined when it is gone. */
export async function pingWebhook(
  projectId: string,
  webhookId: string,
  dependencies: DeliverAgainDependencies,
): Promise<DeliveryRow | undefined> {
  return dependencies.db.transaction(async (tx) => {
    const project = await findProject(tx, projectId);
    const webhook = await shareWebhook(tx, projectId, webhookId);
    if (project === undefined || webhook === undefined) return undefined;
    const occasion = { webhook, project, event: 'ping', deployment: null } as const;
    const delivery = await writeDelivery(tx, occasion, dependencies);
    await dependencies.jobs.send(tx, 'send-deliveries', {});
    return delivery;
  });
}
