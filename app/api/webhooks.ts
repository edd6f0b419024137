import type { OpenAPIHono } from '@hono/zod-openapi';
import { createWebhook } from '../actions/create-webhook.ts';
import { deliverAgain, pingWebhook } from '../actions/deliver-again.ts';
import { updateWebhook } from '../actions/update-webhook.ts';
import { findLivingProject } from '../db/projects.ts';
import { findDelivery, listDeliveries } from '../db/webhook-deliveries.ts';
import { deleteWebhook, findWebhook, listWebhooks } from '../db/webhooks.ts';
import { createdPosition, pageOf } from '../http/cursor.ts';
import type { AppEnv } from '../http/guards.ts';
import { problem } from '../http/problem.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import {
  createWebhookRoute,
  deleteWebhookRoute,
  listDeliveriesRoute,
  listWebhooksRoute,
  pingWebhookRoute,
  readDeliveryRoute,
  redeliverRoute,
  updateWebhookRoute,
} from './notification-routes.ts';
import { presentDelivery, presentWebhook } from './present-notifications.ts';
import { answerNoDelivery, answerNoProject, answerNoWebhook, refuseField } from './refuse.ts';

/** The routes that make, list, change and delete webhooks. */
export function addWebhookRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  const { db } = dependencies;

  app.openapi(createWebhookRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const order = { ...context.req.valid('json'), projectId: project.id };
    const result = await createWebhook(order, dependencies);
    switch (result.outcome) {
      case 'created':
        return context.json({ ...presentWebhook(result.webhook), secret: result.secret }, 201);
      case 'project_not_found':
        return answerNoProject(context, slug);
      case 'webhook_url_invalid':
        return refuseField(context, 'webhook_url_invalid', '/url', result.message);
      case 'too_many':
        return problem(context, 'too_many', result.message);
    }
  });

  app.openapi(listWebhooksRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const { after, limit } = context.req.valid('query');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const rows = await listWebhooks(db, project.id, { after, limit: limit + 1 });
    return context.json(pageOf(rows, limit, presentWebhook, createdPosition), 200);
  });

  app.openapi(updateWebhookRoute, async (context) => {
    const { slug, id } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const result = await updateWebhook(project.id, id, context.req.valid('json'), dependencies);
    if (result.outcome === 'webhook_not_found') return answerNoWebhook(context, id);
    if (result.outcome === 'webhook_url_invalid')
      return refuseField(context, 'webhook_url_invalid', '/url', result.message);
    return context.json(presentWebhook(result.webhook), 200);
  });

  app.openapi(deleteWebhookRoute, async (context) => {
    const { slug, id } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const isDeleted = await deleteWebhook(db, project.id, id);
    return isDeleted ? context.json({ id, deleted: true as const }, 200) : answerNoWebhook(context, id);
  });
}

/** The routes of what webhooks were told, and what they answered. */
export function addDeliveryRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  const { db } = dependencies;

  app.openapi(pingWebhookRoute, async (context) => {
    const { slug, id } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const delivery = await pingWebhook(project.id, id, dependencies);
    return delivery === undefined
      ? answerNoWebhook(context, id)
      : context.json(presentDelivery(delivery), 202);
  });

  app.openapi(listDeliveriesRoute, async (context) => {
    const { slug, id } = context.req.valid('param');
    const { after, limit } = context.req.valid('query');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const webhook = await findWebhook(db, project.id, id);
    if (webhook === undefined) return answerNoWebhook(context, id);
    const rows = await listDeliveries(db, webhook.id, { after, limit: limit + 1 });
    return context.json(pageOf(rows, limit, presentDelivery, createdPosition), 200);
  });

  app.openapi(readDeliveryRoute, async (context) => {
    const { slug, id, delivery: deliveryId } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const webhook = await findWebhook(db, project.id, id);
    if (webhook === undefined) return answerNoWebhook(context, id);
    const delivery = await findDelivery(db, webhook.id, deliveryId);
    return delivery === undefined
      ? answerNoDelivery(context, deliveryId)
      : context.json(presentDelivery(delivery), 200);
  });

  app.openapi(redeliverRoute, async (context) => {
    const { slug, id, delivery: deliveryId } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const webhook = await findWebhook(db, project.id, id);
    if (webhook === undefined) return answerNoWebhook(context, id);
    const delivery = await deliverAgain(webhook.id, deliveryId, dependencies);
    return delivery === undefined
      ? answerNoDelivery(context, deliveryId)
      : context.json(presentDelivery(delivery), 202);
  });
}
