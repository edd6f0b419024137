import { createRoute, z } from '@hono/zod-openapi';
import type { ApiDependencies } from './api-dependencies.ts';
import { jsonContent, problemsOfReading } from './responses.ts';
import { idParams } from './schemas.ts';

/** `GET /logs/:id`, for the document only: app/logs/endpoints serves it. */
export function describeLogRoute({ query, page }: ApiDependencies['logSchemas']) {
  const asText = { schema: z.string() };
  return createRoute({
    method: 'get',
    path: '/logs/{id}',
    tags: ['Logs'],
    operationId: 'readLog',
    summary: 'Read or follow the log of a deployment',
    description:
      'As a JSON page, as a whole in NDJSON or plain text, or live: server-sent events (they go on at `Last-Event-ID`, and the event `result` ends them) and WebSocket. `Accept`, `format` or the upgrade chooses.',
    request: { params: idParams, query },
    responses: {
      200: {
        description: 'The log in the form that was asked for.',
        content: {
          ...jsonContent(page.openapi('LogPage'), '').content,
          'application/x-ndjson': asText,
          'text/plain': asText,
          'text/event-stream': asText,
        },
      },
      ...problemsOfReading('deployment_not_found'),
    },
  });
}
