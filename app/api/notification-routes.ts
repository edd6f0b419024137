import { createRoute } from '@hono/zod-openapi';
import {
  createdDeployHookSchema,
  createdWebhookSchema,
  deletedSchema,
  deliveryPageSchema,
  deliveryParams,
  deliverySchema,
  deployHookPageSchema,
  hookParams,
  newDeployHookBody,
  newWebhookBody,
  webhookChangesBody,
  webhookPageSchema,
  webhookSchema,
} from './notification-schemas.ts';
import { jsonBody, jsonContent, problemsOfChanging, problemsOfReading } from './responses.ts';
import { pageQuery, slugParams } from './schemas.ts';

/** The routes of deploy hooks and webhooks as data. */
export const createDeployHookRoute = createRoute({
  method: 'post',
  path: '/api/projects/{slug}/deploy-hooks',
  tags: ['Notifications'],
  operationId: 'createDeployHook',
  summary: 'Make a secret URL that deploys a branch',
  description: 'The repository is asked for the branch first. The URL is in this answer and nowhere else.',
  request: { params: slugParams, body: jsonBody(newDeployHookBody, true) },
  responses: {
    201: jsonContent(createdDeployHookSchema, 'The deploy hook, with its URL.'),
    ...problemsOfChanging(
      'project_not_found',
      'no_repository',
      'repository_unreachable',
      'ref_not_found',
      'too_many',
    ),
  },
});

export const listDeployHooksRoute = createRoute({
  method: 'get',
  path: '/api/projects/{slug}/deploy-hooks',
  tags: ['Notifications'],
  operationId: 'listDeployHooks',
  summary: 'List the deploy hooks of a project, newest first',
  request: { params: slugParams, query: pageQuery },
  responses: {
    200: jsonContent(deployHookPageSchema, 'A page of deploy hooks.'),
    ...problemsOfReading('project_not_found'),
  },
});

export const deleteDeployHookRoute = createRoute({
  method: 'delete',
  path: '/api/projects/{slug}/deploy-hooks/{id}',
  tags: ['Notifications'],
  operationId: 'deleteDeployHook',
  summary: 'Delete a deploy hook',
  description: 'Its URL answers 404 from now on. What it has deployed stays.',
  request: { params: hookParams },
  responses: {
    200: jsonContent(deletedSchema, 'It is deleted.'),
    ...problemsOfChanging('project_not_found', 'deploy_hook_not_found'),
  },
});

export const createWebhookRoute = createRoute({
  method: 'post',
  path: '/api/projects/{slug}/webhooks',
  tags: ['Notifications'],
  operationId: 'createWebhook',
  summary: 'Tell a URL what becomes of deployments',
  description: 'The host is looked up and checked. The secret is in this answer and nowhere else.',
  request: { params: slugParams, body: jsonBody(newWebhookBody, true) },
  responses: {
    201: jsonContent(createdWebhookSchema, 'The webhook, with its secret.'),
    ...problemsOfChanging('project_not_found', 'webhook_url_invalid', 'too_many'),
  },
});

export const listWebhooksRoute = createRoute({
  method: 'get',
  path: '/api/projects/{slug}/webhooks',
  tags: ['Notifications'],
  operationId: 'listWebhooks',
  summary: 'List the webhooks of a project, newest first',
  request: { params: slugParams, query: pageQuery },
  responses: {
    200: jsonContent(webhookPageSchema, 'A page of webhooks.'),
    ...problemsOfReading('project_not_found'),
  },
});

export const updateWebhookRoute = createRoute({
  method: 'patch',
  path: '/api/projects/{slug}/webhooks/{id}',
  tags: ['Notifications'],
  operationId: 'updateWebhook',
  summary: 'Change the URL or the events of a webhook',
  description: 'Deliveries that wait go to the new URL.',
  request: { params: hookParams, body: jsonBody(webhookChangesBody, true) },
  responses: {
    200: jsonContent(webhookSchema, 'The webhook after the change.'),
    ...problemsOfChanging('project_not_found', 'webhook_not_found', 'webhook_url_invalid'),
  },
});

export const deleteWebhookRoute = createRoute({
  method: 'delete',
  path: '/api/projects/{slug}/webhooks/{id}',
  tags: ['Notifications'],
  operationId: 'deleteWebhook',
  summary: 'Delete a webhook and its deliveries',
  description: 'Nothing is sent to it any more, also what waited for another try.',
  request: { params: hookParams },
  responses: {
    200: jsonContent(deletedSchema, 'It is deleted.'),
    ...problemsOfChanging('project_not_found', 'webhook_not_found'),
  },
});

export const pingWebhookRoute = createRoute({
  method: 'post',
  path: '/api/projects/{slug}/webhooks/{id}/ping',
  tags: ['Notifications'],
  operationId: 'pingWebhook',
  summary: 'Send a webhook a test',
  description: 'It goes the way of every delivery. Read the delivery to see what was answered.',
  request: { params: hookParams },
  responses: {
    202: jsonContent(deliverySchema, 'The delivery, which is sent in a moment.'),
    ...problemsOfChanging('project_not_found', 'webhook_not_found'),
  },
});

export const listDeliveriesRoute = createRoute({
  method: 'get',
  path: '/api/projects/{slug}/webhooks/{id}/deliveries',
  tags: ['Notifications'],
  operationId: 'listDeliveries',
  summary: 'List what a webhook was told, newest first',
  description: 'Kept for 30 days, and the newest 1,000.',
  request: { params: hookParams, query: pageQuery },
  responses: {
    200: jsonContent(deliveryPageSchema, 'A page of deliveries.'),
    ...problemsOfReading('project_not_found', 'webhook_not_found'),
  },
});

export const readDeliveryRoute = createRoute({
  method: 'get',
  path: '/api/projects/{slug}/webhooks/{id}/deliveries/{delivery}',
  tags: ['Notifications'],
  operationId: 'readDelivery',
  summary: 'Read a delivery',
  request: { params: deliveryParams },
  responses: {
    200: jsonContent(deliverySchema, 'The delivery, with the answer to its newest try.'),
    ...problemsOfReading('project_not_found', 'webhook_not_found', 'delivery_not_found'),
  },
});

export const redeliverRoute = createRoute({
  method: 'post',
  path: '/api/projects/{slug}/webhooks/{id}/deliveries/{delivery}/redeliver',
  tags: ['Notifications'],
  operationId: 'redeliver',
  summary: 'Send a delivery again',
  description:
    'The same body with the same id, and all its tries anew. One that is on its way is left to it.',
  request: { params: deliveryParams },
  responses: {
    202: jsonContent(deliverySchema, 'The delivery, which is sent in a moment.'),
    ...problemsOfChanging('project_not_found', 'webhook_not_found', 'delivery_not_found'),
  },
});
