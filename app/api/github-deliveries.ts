import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { replayDelivery } from '../actions/github/replay-delivery.ts';
import { findGithubDelivery, type GithubDeliveryRow } from '../db/github-deliveries.ts';
import {
  findRepositoryId,
  listGithubDeliveries,
  type ListedDelivery,
} from '../db/github-delivery-listing.ts';
import { maskPayload } from '../domain/github/format-payload.ts';
import { isAdministrator } from '../http/caller.ts';
import { pageOf, receivedPosition } from '../http/cursor.ts';
import type { AppEnv } from '../http/guards.ts';
import { problem } from '../http/problem.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import {
  listGithubDeliveriesRoute,
  type PresentedDelivery,
  readGithubDeliveryRoute,
  replayGithubDeliveryRoute,
} from './github-delivery-routes.ts';

/** A GUID in an answer is somebody's text: bounded. */
const MAX_SHOWN_LENGTH = 60;

/** The routes of what GitHub sent, for administrators: it is about all repositories. */
export function addGithubDeliveryRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  const { db } = dependencies;

  app.openapi(listGithubDeliveriesRoute, async (context) => {
    if (!isAdministrator(context.get('caller'))) return refuseCaller(context);
    const { after, limit, repository, outcome } = context.req.valid('query');
    const repositoryId = repository === undefined ? undefined : await findRepositoryId(db, repository);
    if (repository !== undefined && repositoryId === undefined)
      return context.json({ items: [], next: null }, 200);
    const rows = await listGithubDeliveries(db, { repositoryId, outcome }, { after, limit: limit + 1 });
    return context.json(pageOf(rows, limit, present, receivedPosition), 200);
  });

  app.openapi(readGithubDeliveryRoute, async (context) => {
    if (!isAdministrator(context.get('caller'))) return refuseCaller(context);
    const { guid } = context.req.valid('param');
    const delivery = await findGithubDelivery(db, guid);
    return delivery === undefined ? answerNone(context, guid) : context.json(presentWhole(delivery), 200);
  });

  app.openapi(replayGithubDeliveryRoute, async (context) => {
    if (!isAdministrator(context.get('caller'))) return refuseCaller(context);
    const { guid } = context.req.valid('param');
    const result = await replayDelivery(guid, dependencies);
    switch (result.outcome) {
      case 'replayed':
        return context.json(presentWhole(result.delivery), 200);
      case 'not_found':
        return answerNone(context, guid);
      case 'not_kept':
        return problem(context, 'conflict', NOT_KEPT);
    }
  });
}

const NOT_KEPT =
  'Its body was too large to be kept. Let GitHub deliver it again: in the App’s settings there, below Advanced.';

function refuseCaller(context: Context) {
  return problem(context, 'forbidden', 'Only an administrator may see what GitHub sent.');
}

function answerNone(context: Context, guid: string) {
  const detail = `There is no delivery with the GUID "${guid.slice(0, MAX_SHOWN_LENGTH)}". They are kept for 30 days.`;
  return problem(context, 'delivery_not_found', detail);
}

function present(row: ListedDelivery): PresentedDelivery {
  const { guid, event, action, installationId, repositoryId, outcome, reason } = row;
  return {
    guid,
    event,
    action,
    installationId,
    repositoryId,
    repository: row.repositoryName,
    outcome,
    reason,
    receivedAt: row.receivedAt.getTime(),
    replayedAt: row.replayedAt?.getTime() ?? null,
    replayable: row.isKept,
  };
}

function presentWhole(row: GithubDeliveryRow) {
  const { payload } = row;
  return {
    ...present({ ...row, isKept: payload !== null }),
    payload: payload === null ? null : JSON.stringify(maskPayload(payload)),
  };
}
