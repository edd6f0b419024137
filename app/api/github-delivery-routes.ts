import { createRoute, z } from '@hono/zod-openapi';
import { DELIVERY_OUTCOMES } from '../domain/words.ts';
import { parseReceivedCursor } from '../http/cursor.ts';
import { jsonContent, problemsOfChanging, problemsOfReading } from './responses.ts';
import { nextSchema, pageQueryOf, timeSchema } from './schemas.ts';

const MAX_REPOSITORY_LENGTH = 200;

const guidSchema = z.string().openapi({
  description: '`X-GitHub-Delivery`: the same when GitHub delivers it again.',
  example: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
});

const delivery = {
  guid: guidSchema,
  event: z.string().openapi({ example: 'push' }),
  action: z.string().nullable(),
  installationId: z.int().nullable(),
  repositoryId: z.int().nullable(),
  repository: z.string().nullable().openapi({ description: '`owner/name`, as it was called then.' }),
  outcome: z.enum(DELIVERY_OUTCOMES).openapi({
    description:
      '`handled`, with what came of it; `deferred` until GitHub has told more; `ignored`, with the reason.',
  }),
  reason: z.string().openapi({ description: 'One sentence for people.' }),
  receivedAt: timeSchema,
  replayedAt: timeSchema.nullable().openapi({ description: 'When it was last decided about anew.' }),
  replayable: z.boolean().openapi({ description: 'Bodies of more than a megabyte are not kept.' }),
};
const listedDeliverySchema = z.strictObject(delivery).openapi('GithubDelivery');
const wholeDeliverySchema = z
  .strictObject({
    ...delivery,
    payload: z.string().nullable().openapi({
      description: 'The body as JSON, with the values of secrets masked; null where it was not kept.',
    }),
  })
  .openapi('WholeGithubDelivery');
const pageSchema = z
  .strictObject({ items: z.array(listedDeliverySchema), next: nextSchema })
  .openapi('GithubDeliveryPage');

export type PresentedDelivery = z.output<typeof listedDeliverySchema>;

const guidParams = z.object({ guid: guidSchema });

export const listGithubDeliveriesRoute = createRoute({
  method: 'get',
  path: '/api/github/deliveries',
  tags: ['GitHub'],
  operationId: 'listGithubDeliveries',
  summary: 'List what GitHub sent and what was decided about it, newest first',
  description: 'Kept for 30 days. For administrators.',
  request: {
    query: pageQueryOf(parseReceivedCursor).extend({
      repository: z
        .string()
        .max(MAX_REPOSITORY_LENGTH)
        .optional()
        .openapi({ description: '`owner/name` of a repository that the App was given.' }),
      outcome: z.enum(DELIVERY_OUTCOMES).optional(),
    }),
  },
  responses: {
    200: jsonContent(pageSchema, 'A page of deliveries.'),
    ...problemsOfReading('forbidden'),
  },
});

export const readGithubDeliveryRoute = createRoute({
  method: 'get',
  path: '/api/github/deliveries/{guid}',
  tags: ['GitHub'],
  operationId: 'readGithubDelivery',
  summary: 'Read what GitHub sent',
  description: 'For administrators.',
  request: { params: guidParams },
  responses: {
    200: jsonContent(wholeDeliverySchema, 'The delivery, with its body.'),
    ...problemsOfReading('forbidden', 'delivery_not_found'),
  },
});

export const replayGithubDeliveryRoute = createRoute({
  method: 'post',
  path: '/api/github/deliveries/{guid}/replay',
  tags: ['GitHub'],
  operationId: 'replayGithubDelivery',
  summary: 'Decide about a delivery anew',
  description:
    'What was kept of it is decided about as if it came now. It moves no branch back: where it is old, GitHub is asked. For administrators.',
  request: { params: guidParams },
  responses: {
    200: jsonContent(wholeDeliverySchema, 'The delivery, with what was decided now.'),
    ...problemsOfChanging('forbidden', 'delivery_not_found', 'conflict'),
  },
});
