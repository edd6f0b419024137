import { findWebhook, updateWebhook as write, type WebhookChanges, type WebhookRow } from '../db/webhooks.ts';
import type { WebhookEvent } from '../domain/words.ts';
import { checkWebhookUrl, type CreateWebhookDependencies } from './create-webhook.ts';
import { sealWebhookUrl } from './seal-webhook.ts';

export interface UpdateWebhookOrder {
  readonly url?: string | undefined;
  readonly events?: readonly WebhookEvent[] | undefined;
}

export type UpdateWebhookResult =
  | { readonly outcome: 'updated'; readonly webhook: WebhookRow }
  | { readonly outcome: 'webhook_not_found' }
  | { readonly outcome: 'webhook_url_invalid'; readonly message: string };

/** Changes where a webhook leads and what it hears; what waits for it goes to the new place. Its secret stays. */
export async function updateWebhook(
  projectId: string,
  id: string,
  order: UpdateWebhookOrder,
  dependencies: Pick<CreateWebhookDependencies, 'db' | 'secrets' | 'webhookSender'>,
): Promise<UpdateWebhookResult> {
  const { db, secrets } = dependencies;
  const webhook = await findWebhook(db, projectId, id);
  if (webhook === undefined) return { outcome: 'webhook_not_found' };
  const url = order.url === undefined ? undefined : await checkWebhookUrl(order.url, dependencies);
  if (url?.ok === false) return { outcome: 'webhook_url_invalid', message: url.message };
  const changes: WebhookChanges = {
    ...(order.events && { events: [...order.events] }),
    ...(url && { url: sealWebhookUrl(id, url.href, secrets), urlHint: url.hint }),
  };
  const isEmpty = Object.keys(changes).length === 0;
  const updated = isEmpty ? webhook : await write(db, projectId, id, changes);
  return updated === undefined ? { outcome: 'webhook_not_found' } : { outcome: 'updated', webhook: updated };
}
