import type { Right } from '../domain/rights.ts';

/**
 * What each route asks of who signed in with GitHub. `listed`: everybody who is signed in, and it holds what they may
 * see; `session`: about the session alone, so GitHub need not be asked; `administrator`: not for them.
 */
export type RouteNeed = Right | 'listed' | 'session' | 'administrator';

/**
 * The one place that says so, for the API, pages, their live events and logs alike. Routes as Hono knows them; those with
 * `:slug` are about a project, others with `:id` about a deployment. What is missing here is the administrator's, and a
 * test fails.
 */
export const ROUTE_RIGHTS: Readonly<Record<RouteNeed, readonly string[]>> = {
  session: ['POST /logout'],
  listed: ['GET /', 'GET /api/projects', 'GET /api/deployments'],
  see: [
    'GET /api/projects/:slug',
    'GET /api/projects/:slug/aliases',
    'GET /api/projects/:slug/deployments',
    'GET /api/deployments/:id',
    'GET /logs/:id',
    'GET /projects/:slug',
    'GET /projects/:slug/deployments',
    'GET /deployments/:id',
    'GET /deployments/:id/files',
    'GET /deployments/:id/log',
  ],
  deploy: [
    'POST /api/projects/:slug/deployments',
    'POST /api/projects/:slug/uploads',
    'PATCH /api/deployments/:id',
    'POST /api/deployments/:id/approve',
    'POST /api/deployments/:id/cancel',
    'POST /api/deployments/:id/redeploy',
    'POST /api/deployments/:id/promote',
    'POST /projects/:slug/deployments',
    'POST /deployments/:id/approve',
    'POST /deployments/:id/cancel',
    'POST /deployments/:id/redeploy',
    'POST /deployments/:id/promote',
    'POST /deployments/:id/pin',
    'POST /deployments/:id/unpin',
  ],
  manage: [
    'PATCH /api/projects/:slug',
    'DELETE /api/projects/:slug',
    'GET /api/projects/:slug/deploy-hooks',
    'POST /api/projects/:slug/deploy-hooks',
    'DELETE /api/projects/:slug/deploy-hooks/:id',
    'GET /api/projects/:slug/webhooks',
    'POST /api/projects/:slug/webhooks',
    'PATCH /api/projects/:slug/webhooks/:id',
    'DELETE /api/projects/:slug/webhooks/:id',
    'POST /api/projects/:slug/webhooks/:id/ping',
    'GET /api/projects/:slug/webhooks/:id/deliveries',
    'GET /api/projects/:slug/webhooks/:id/deliveries/:delivery',
    'POST /api/projects/:slug/webhooks/:id/deliveries/:delivery/redeliver',
    'GET /api/projects/:slug/environment-variables',
    'POST /api/projects/:slug/environment-variables',
    'PUT /api/projects/:slug/environment-variables/:name',
    'DELETE /api/projects/:slug/environment-variables/:name',
    'GET /projects/:slug/settings',
    'POST /projects/:slug/settings',
    'GET /projects/:slug/delete',
    'POST /projects/:slug/delete',
    'GET /projects/:slug/environment',
    'POST /projects/:slug/environment',
    'GET /projects/:slug/environment/import',
    'POST /projects/:slug/environment/import',
    'POST /projects/:slug/environment/:id/delete',
    'GET /projects/:slug/notifications',
    'GET /projects/:slug/notifications/deploy-hooks',
    'POST /projects/:slug/notifications/deploy-hooks',
    'POST /projects/:slug/notifications/deploy-hooks/:id/delete',
    'GET /projects/:slug/notifications/webhooks',
    'POST /projects/:slug/notifications/webhooks',
    'GET /projects/:slug/notifications/webhooks/:id',
    'POST /projects/:slug/notifications/webhooks/:id/test',
    'POST /projects/:slug/notifications/webhooks/:id/delete',
    'POST /projects/:slug/notifications/webhooks/:id/deliveries/:delivery/redeliver',
  ],
  administrator: [
    // A project without a repository is nobody else's, and a new one's repository is not proved to be theirs.
    'POST /api/projects',
    'GET /new',
    'POST /new',
    // It signs in as the administrator.
    'POST /api/login-links',
    'GET /setup',
    'GET /setup/github',
    'POST /setup/forget',
    // They tell of all repositories.
    'GET /api/github/deliveries',
    'GET /api/github/deliveries/:guid',
    'POST /api/github/deliveries/:guid/replay',
    'GET /github/deliveries',
    'GET /github/deliveries/:guid',
    'POST /github/deliveries/:guid/replay',
  ],
};

const NEEDS: ReadonlyMap<string, RouteNeed> = new Map(
  Object.entries(ROUTE_RIGHTS).flatMap(([need, routes]) =>
    routes.map((route): [string, RouteNeed] => [route, need as RouteNeed]),
  ),
);

/** What tells of changes of a page asks for the same as the page. */
const LIVE = '/live';

export function needOfRoute(method: string, path: string): RouteNeed {
  return NEEDS.get(`${method} ${pageOf(path)}`) ?? 'administrator';
}

/** Whether somebody has thought about this route. */
export function isKnownRoute(method: string, path: string): boolean {
  return NEEDS.has(`${method} ${pageOf(path)}`);
}

function pageOf(path: string): string {
  return path.startsWith(`${LIVE}/`) ? path.slice(LIVE.length) : path;
}
