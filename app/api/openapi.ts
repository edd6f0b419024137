import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Env } from 'hono';
import { jsonContent, problems } from './responses.ts';

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

/** Of the API, not of the program: it rises when a change could break a caller. */
const API_VERSION = '1.0.0';

const TAGS = [
  { name: 'Projects', description: 'Connected repositories and their hosts.' },
  { name: 'Deployments', description: 'Attempts to ship a commit, and what becomes of them.' },
  {
    name: 'Environment variables',
    description: 'What builds are told besides their files. Values go in and never come out.',
  },
  { name: 'Logs', description: 'What a build said, as a whole and live.' },
  {
    name: 'Notifications',
    description:
      'Deploy hooks, which other programs call, and webhooks, which are told what became of deployments.',
  },
  { name: 'GitHub', description: 'What GitHub sent, and what was decided about it.' },
  { name: 'Sessions', description: 'Signing people in to the dashboard.' },
  { name: 'Server', description: 'The server itself. These need no token.' },
];

export const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['Server'],
  operationId: 'readHealth',
  summary: 'Whether the server answers',
  security: [],
  responses: {
    200: jsonContent(z.strictObject({ ok: z.literal(true) }), 'It does.'),
    ...problems('misdirected_request'),
  },
});

export const documentRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  tags: ['Server'],
  operationId: 'readDocument',
  summary: 'This document',
  security: [],
  responses: {
    200: {
      description: 'OpenAPI 3.1.',
      content: { 'application/json': { schema: z.looseObject({ openapi: z.string() }) } },
    },
    ...problems('misdirected_request'),
  },
});

export const referenceRoute = createRoute({
  method: 'get',
  path: '/api',
  tags: ['Server'],
  operationId: 'readReference',
  summary: 'This document as a page',
  security: [],
  responses: {
    200: { description: 'A page.', content: { 'text/html': { schema: z.string() } } },
    ...problems('misdirected_request'),
  },
});

/** Everything that the app's registry knows, as one document. */
export function describeApi<E extends Env>(app: OpenAPIHono<E>, appUrl: URL): OpenApiDocument {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Offshoot API',
      version: API_VERSION,
      description: 'Every branch of a repository as a web site of its own.',
    },
    servers: [{ url: appUrl.origin }],
    tags: TAGS,
    security: [{ token: [] }],
  });
}

/** How callers prove themselves, as a component of the document. */
export function registerSecurity<E extends Env>(app: OpenAPIHono<E>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'The value of OFFSHOOT_TOKEN.',
  });
}
