import { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from '../http/guards.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import { addDeployHookRoutes, addHookEndpoint } from './deploy-hooks.ts';
import {
  addDeploymentActionRoutes,
  addDeploymentRoutes,
  addDeployRoute,
  addPinRoute,
} from './deployments.ts';
import { addEnvironmentVariableRoutes } from './environment-variables.ts';
import { describeLogRoute } from './log-route.ts';
import { describeApi, documentRoute, healthRoute, referenceRoute, registerSecurity } from './openapi.ts';
import { addProjectChangeRoutes, addProjectRoutes } from './projects.ts';
import { REFERENCE_HEADERS, renderReference } from './reference-page.ts';
import { addGithubDeliveryRoutes } from './github-deliveries.ts';
import { refuseInvalid } from './refuse.ts';
import { addSessionRoutes } from './sessions.ts';
import { addUploadRoute } from './uploads.ts';
import { addDeliveryRoutes, addWebhookRoutes } from './webhooks.ts';

/**
 * The public HTTP API with its OpenAPI document and reference page. Guards are the caller's: mount it behind
 * createHttpGuards.
 */
export function createApi(dependencies: ApiDependencies): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  registerSecurity(app);
  addProjectRoutes(app, dependencies);
  addProjectChangeRoutes(app, dependencies);
  addDeployRoute(app, dependencies);
  addUploadRoute(app, dependencies);
  addPinRoute(app, dependencies);
  addDeploymentRoutes(app, dependencies);
  addDeploymentActionRoutes(app, dependencies);
  addDeployHookRoutes(app, dependencies);
  addHookEndpoint(app, dependencies);
  addWebhookRoutes(app, dependencies);
  addDeliveryRoutes(app, dependencies);
  addEnvironmentVariableRoutes(app, dependencies);
  addGithubDeliveryRoutes(app, dependencies);
  addSessionRoutes(app, dependencies);
  app.openAPIRegistry.registerPath(describeLogRoute(dependencies.logSchemas));
  addServerRoutes(app, dependencies);
  return app;
}

function addServerRoutes(app: OpenAPIHono<AppEnv>, { appUrl }: ApiDependencies): void {
  app.openapi(healthRoute, (context) => context.json({ ok: true as const }, 200));
  app.openapi(documentRoute, (context) => context.json(describeApi(app, appUrl) as { openapi: string }, 200));
  app.openapi(referenceRoute, (context) =>
    context.html(renderReference(describeApi(app, appUrl)), 200, REFERENCE_HEADERS),
  );
}
