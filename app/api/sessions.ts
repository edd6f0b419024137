import type { OpenAPIHono } from '@hono/zod-openapi';
import { createLoginLink } from '../actions/sign-in.ts';
import { type AppEnv, LOGIN_PATH } from '../http/guards.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import { createLoginLinkRoute } from './routes.ts';

/** The route that lets a program open the dashboard for a person. */
export function addSessionRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  app.openapi(createLoginLinkRoute, async (context) => {
    const { token, expiresAt } = await createLoginLink(dependencies);
    const url = new URL(`${LOGIN_PATH}/${token}`, dependencies.appUrl).href;
    return context.json({ url, expiresAt: expiresAt.getTime() }, 201);
  });
}
