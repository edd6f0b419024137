import type { Database } from '../db/database.ts';
import { shareProject } from '../db/projects.ts';
import { countWebhooks, insertWebhook, type WebhookRow } from '../db/webhooks.ts';
import type { SecretBox } from '../domain/sealed-text.ts';
import { parseWebhookUrl } from '../domain/webhook-url.ts';
import { WEBHOOK_EVENTS, type WebhookEvent, type WebhookFormat } from '../domain/words.ts';
import type { WebhookSender } from '../notifications/webhook-sender.ts';
import { sealWebhookSecret, sealWebhookUrl } from './seal-webhook.ts';

export interface CreateWebhookOrder {
  readonly projectId: string;
  readonly url: string;
  readonly format: WebhookFormat;
  /** Default: all. */
  readonly events?: readonly WebhookEvent[] | undefined;
  /** Default: one is made. */
  readonly secret?: string | undefined;
}

export interface CreateWebhookDependencies {
  readonly db: Database;
  readonly now: () => number;
  /** 20 of a–z and 0–9: two of them are one secret. */
  readonly randomId: () => string;
  readonly secrets: Pick<SecretBox, 'seal'>;
  readonly webhookSender: Pick<WebhookSender, 'check'>;
}

export type CreateWebhookResult =
  /** `secret` is shown now and never again; null for Slack. */
  | { readonly outcome: 'created'; readonly webhook: WebhookRow; readonly secret: string | null }
  | { readonly outcome: 'project_not_found' }
  | { readonly outcome: 'webhook_url_invalid' | 'too_many'; readonly message: string };

/** Every change of a deployment writes a row for each. Two requests at once may make it one more. */
const MAX_WEBHOOKS = 20;

/** Makes a webhook. Its host is looked up and checked first, and again whenever something is sent. */
export async function createWebhook(
  order: CreateWebhookOrder,
  dependencies: CreateWebhookDependencies,
): Promise<CreateWebhookResult> {
  const url = await checkWebhookUrl(order.url, dependencies);
  if (!url.ok) return { outcome: 'webhook_url_invalid', message: url.message };
  const { db, now, randomId, secrets } = dependencies;
  const id = randomId();
  const secret = order.format === 'slack' ? null : (order.secret ?? randomId() + randomId());
  return db.transaction(async (tx): Promise<CreateWebhookResult> => {
    const project = await shareProject(tx, order.projectId);
    if (project === undefined || project.deletedAt !== null) return { outcome: 'project_not_found' };
    if ((await countWebhooks(tx, project.id)) >= MAX_WEBHOOKS)
      return { outcome: 'too_many', message: TOO_MANY };
    const webhook = await insertWebhook(tx, {
      id,
      projectId: project.id,
      format: order.format,
      url: sealWebhookUrl(id, url.href, secrets),
      urlHint: url.hint,
      secret: secret === null ? null : sealWebhookSecret(id, secret, secrets),
      events: [...(order.events ?? WEBHOOK_EVENTS)],
      createdAt: new Date(now()),
    });
    return { outcome: 'created', webhook, secret };
  });
}

const TOO_MANY = `A project has at most ${MAX_WEBHOOKS} webhooks: delete one that nobody needs any more.`;

/** Whether what a person gave can be told something, as things are now. */
export async function checkWebhookUrl(
  text: string,
  { webhookSender }: Pick<CreateWebhookDependencies, 'webhookSender'>,
): Promise<ReturnType<typeof parseWebhookUrl>> {
  const parsed = parseWebhookUrl(text);
  if (!parsed.ok) return parsed;
  const checked = await webhookSender.check(parsed.href);
  return checked.ok ? parsed : checked;
}
