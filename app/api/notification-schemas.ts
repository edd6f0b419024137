import { z } from '@hono/zod-openapi';
import { idSchema } from '../../contracts/ids.ts';
import {
  newDeployHookSchema,
  newWebhookSchema,
  webhookChangesSchema,
} from '../domain/notification-requests.ts';
import { DELIVERY_STATUSES, WEBHOOK_EVENTS, WEBHOOK_FORMATS } from '../domain/words.ts';
import { nextSchema, slugParams, timeSchema } from './schemas.ts';

export const newDeployHookBody = newDeployHookSchema.extend({}).openapi('NewDeployHook');
export const newWebhookBody = newWebhookSchema.describe('Whom to tell, and what.').openapi('NewWebhook');
export const webhookChangesBody = webhookChangesSchema
  .extend({})
  .openapi('WebhookChanges', { description: 'What is absent stays. Format and secret can’t be changed.' });

const deployHook = {
  id: idSchema,
  name: z.string(),
  branch: z.string(),
  createdAt: timeSchema,
  lastUsedAt: timeSchema.nullable(),
};
const deployHookSchema = z.strictObject(deployHook).openapi('DeployHook');
export const createdDeployHookSchema = z
  .strictObject({
    ...deployHook,
    url: z.url().openapi({ description: 'Deploys the branch when somebody POSTs to it. Shown here only.' }),
  })
  .openapi('CreatedDeployHook');
export const deployHookPageSchema = z
  .strictObject({ items: z.array(deployHookSchema), next: nextSchema })
  .openapi('DeployHookPage');

const webhook = {
  id: idSchema,
  format: z.enum(WEBHOOK_FORMATS),
  urlHint: z.string().openapi({ description: 'Enough of the URL to know it by.' }),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  createdAt: timeSchema,
};
export const webhookSchema = z.strictObject(webhook).openapi('Webhook');
export const createdWebhookSchema = z
  .strictObject({
    ...webhook,
    secret: z
      .string()
      .nullable()
      .openapi({ description: 'What deliveries are signed with. Shown here only; null for Slack.' }),
  })
  .openapi('CreatedWebhook');
export const webhookPageSchema = z
  .strictObject({ items: z.array(webhookSchema), next: nextSchema })
  .openapi('WebhookPage');

export const deliverySchema = z
  .strictObject({
    id: idSchema.describe('`X-Offshoot-Delivery`: the same for all tries.'),
    event: z.enum([...WEBHOOK_EVENTS, 'ping']),
    deploymentId: idSchema.nullable().describe('Null for a ping.'),
    status: z.enum(DELIVERY_STATUSES),
    tries: z.int().nonnegative(),
    responseStatus: z.int().nullable().openapi({ description: 'Of the newest try; null without an answer.' }),
    responseBody: z.string().nullable().openapi({ description: 'Its beginning.' }),
    error: z
      .string()
      .nullable()
      .openapi({ description: 'Why the newest try does not count, as a sentence.' }),
    tookMs: z.int().nonnegative().nullable(),
    createdAt: timeSchema,
    triedAt: timeSchema.nullable(),
    dueAt: timeSchema.nullable().openapi({ description: 'When the next try is due; null once it is over.' }),
    payload: z.string().openapi({ description: 'The body, as it is sent and signed.' }),
  })
  .openapi('Delivery');
export const deliveryPageSchema = z
  .strictObject({ items: z.array(deliverySchema), next: nextSchema })
  .openapi('DeliveryPage');

export const deletedSchema = z.strictObject({ id: idSchema, deleted: z.literal(true) });

const idParam = z.string().openapi({ example: 'k3v9x0p2m7q4w8z1c5b6' });
export const hookParams = slugParams.extend({ id: idParam });
export const deliveryParams = hookParams.extend({ delivery: idParam });
