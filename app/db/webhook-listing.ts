import { asc, desc, eq, sql } from 'drizzle-orm';
import type { Executor } from './database.ts';
import { webhookDeliveries, webhooks } from './schema.ts';
import type { DeliveryRow } from './webhook-deliveries.ts';
import type { WebhookRow } from './webhooks.ts';

export interface WebhookSummary {
  readonly webhook: Pick<WebhookRow, 'id' | 'format' | 'urlHint' | 'events' | 'createdAt'>;
  /** Its newest delivery; null when it has none. */
  readonly newest: Pick<DeliveryRow, 'id' | 'event' | 'status' | 'createdAt' | 'error'> | null;
}

/** The webhooks of a project, newest first, each with what it was told last. */
export async function listWebhookSummaries(
  db: Executor,
  projectId: string,
  limit: number,
): Promise<WebhookSummary[]> {
  const { id, event, status, createdAt, error } = webhookDeliveries;
  const newest = db
    .select({ id, event, status, createdAt, error })
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.webhookId, webhooks.id))
    .orderBy(desc(createdAt), asc(id))
    .limit(1)
    .as('newest');
  const { format, urlHint, events } = webhooks;
  const webhook = { id: webhooks.id, format, urlHint, events, createdAt: webhooks.createdAt };
  const rows = await db
    .select({
      webhook,
      newest: {
        id: newest.id,
        event: newest.event,
        status: newest.status,
        createdAt: newest.createdAt,
        error: newest.error,
      },
    })
    .from(webhooks)
    .leftJoinLateral(newest, sql`true`)
    .where(eq(webhooks.projectId, projectId))
    .orderBy(desc(webhooks.createdAt), asc(webhooks.id))
    .limit(limit);
  return rows;
}
