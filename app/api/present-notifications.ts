import type { z } from '@hono/zod-openapi';
import { deployHookUrl } from '../actions/create-deploy-hook.ts';
import type { DeployHookRow } from '../db/deploy-hooks.ts';
import type { DeliveryRow } from '../db/webhook-deliveries.ts';
import type { WebhookRow } from '../db/webhooks.ts';
import type { createdDeployHookSchema, deliverySchema, webhookSchema } from './notification-schemas.ts';

type CreatedDeployHook = z.output<typeof createdDeployHookSchema>;

/** A deploy hook as the API shows it: never its secret. */
export function presentDeployHook(hook: DeployHookRow): Omit<CreatedDeployHook, 'url'> {
  return {
    id: hook.id,
    name: hook.name,
    branch: hook.branch,
    createdAt: hook.createdAt.getTime(),
    lastUsedAt: hook.lastUsedAt?.getTime() ?? null,
  };
}

/** The one time that its URL is shown. */
export function presentCreatedDeployHook(hook: DeployHookRow, token: string, appUrl: URL): CreatedDeployHook {
  return { ...presentDeployHook(hook), url: deployHookUrl(token, appUrl) };
}

export function presentWebhook(webhook: WebhookRow): z.output<typeof webhookSchema> {
  return {
    id: webhook.id,
    format: webhook.format,
    urlHint: webhook.urlHint,
    events: webhook.events,
    createdAt: webhook.createdAt.getTime(),
  };
}

export function presentDelivery(delivery: DeliveryRow): z.output<typeof deliverySchema> {
  return {
    id: delivery.id,
    event: delivery.event,
    deploymentId: delivery.event === 'ping' ? null : delivery.deploymentId,
    status: delivery.status,
    tries: delivery.tries,
    responseStatus: delivery.responseStatus,
    responseBody: delivery.responseBody,
    error: delivery.error,
    tookMs: delivery.tookMs,
    createdAt: delivery.createdAt.getTime(),
    triedAt: delivery.triedAt?.getTime() ?? null,
    dueAt: delivery.dueAt?.getTime() ?? null,
    payload: delivery.payload,
  };
}
