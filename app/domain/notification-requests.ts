import { z } from 'zod';
import { branchSchema, nameSchema } from './project-requests.ts';
import { MAX_WEBHOOK_URL_LENGTH } from './webhook-url.ts';
import { WEBHOOK_EVENTS, WEBHOOK_FORMATS } from './words.ts';

// What people may ask of deploy hooks and webhooks, by the API or by a form of the dashboard.

const MIN_SECRET_LENGTH = 16;
const MAX_SECRET_LENGTH = 200;

export const newDeployHookSchema = z.strictObject({
  name: nameSchema.meta({ description: 'What calls it; deployments say so.', example: 'Contentful' }),
  branch: branchSchema.optional().meta({ description: 'Default: the production branch.' }),
});

const eventsSchema = z
  .array(z.enum(WEBHOOK_EVENTS))
  .min(1, 'at least one event is expected')
  .max(WEBHOOK_EVENTS.length, 'each event is given once')
  .refine((events) => new Set(events).size === events.length, 'each event is given once');

const urlSchema = z.string().min(1).max(MAX_WEBHOOK_URL_LENGTH).meta({
  description: 'Kept encrypted: those of Slack are secrets themselves.',
  example: 'https://example.com/hooks/offshoot',
});

const secretSchema = z
  .string()
  .min(MIN_SECRET_LENGTH)
  .max(MAX_SECRET_LENGTH)
  .regex(/^[\x21-\x7e]*$/, 'a secret is printable ASCII without spaces');

export const newWebhookSchema = z
  .strictObject({
    url: urlSchema,
    format: z.enum(WEBHOOK_FORMATS).default('json').meta({
      description: '`json` is signed; `slack` is what Slack’s incoming webhooks take.',
    }),
    events: eventsSchema.optional().meta({ description: 'Default: all.' }),
    secret: secretSchema.optional().meta({
      description: 'What deliveries are signed with. Default: one is made, and shown in this answer only.',
    }),
  })
  .refine(({ format, secret }) => format === 'json' || secret === undefined, {
    path: ['secret'],
    message: 'Slack checks no signature: leave the secret out',
  });

export const webhookChangesSchema = z.strictObject({ url: urlSchema, events: eventsSchema }).partial();
