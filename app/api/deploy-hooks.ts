import type { OpenAPIHono } from '@hono/zod-openapi';
import { callDeployHook } from '../actions/call-deploy-hook.ts';
import { createDeployHook } from '../actions/create-deploy-hook.ts';
import { deleteDeployHook, listDeployHooks } from '../db/deploy-hooks.ts';
import { findLivingProject } from '../db/projects.ts';
import { createdPosition, pageOf } from '../http/cursor.ts';
import type { AppEnv } from '../http/guards.ts';
import { problem } from '../http/problem.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import { createDeployHookRoute, deleteDeployHookRoute, listDeployHooksRoute } from './notification-routes.ts';
import { presentCreatedDeployHook, presentDeployHook } from './present-notifications.ts';
import { answerNoDeployHook, answerNoProject, refuseField } from './refuse.ts';

/** The routes that make, list and delete deploy hooks. */
export function addDeployHookRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  const { db, appUrl } = dependencies;

  app.openapi(createDeployHookRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const result = await createDeployHook(project, context.req.valid('json'), dependencies);
    switch (result.outcome) {
      case 'created':
        return context.json(presentCreatedDeployHook(result.hook, result.token, appUrl), 201);
      case 'project_not_found':
        return answerNoProject(context, slug);
      case 'ref_not_found':
        return refuseField(context, 'ref_not_found', '/branch', result.message);
      case 'no_repository':
      case 'repository_unreachable':
      case 'too_many':
        return problem(context, result.outcome, result.message);
    }
  });

  app.openapi(listDeployHooksRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const { after, limit } = context.req.valid('query');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const rows = await listDeployHooks(db, project.id, { after, limit: limit + 1 });
    return context.json(pageOf(rows, limit, presentDeployHook, createdPosition), 200);
  });

  app.openapi(deleteDeployHookRoute, async (context) => {
    const { slug, id } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const isDeleted = await deleteDeployHook(db, project.id, id);
    return isDeleted ? context.json({ id, deleted: true as const }, 200) : answerNoDeployHook(context, id);
  });
}

/**
 * What deploy hooks' URLs lead to. It stands outside of the document: its callers are other people's programs, which
 * know nothing but the URL. A body is not read, whatever it is. (GET is answered with 405, so that a preview of the
 * link deploys nothing.)
 */
export function addHookEndpoint(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  app.post('/api/hooks/:token', async (context) => {
    const called = await callDeployHook(context.req.param('token'), dependencies);
    if (called === undefined) return problem(context, 'deploy_hook_not_found', NO_HOOK);
    const { hook, slug, deploymentId } = called;
    const url = new URL(`/deployments/${deploymentId}`, dependencies.appUrl).href;
    return context.json({ deploymentId, project: slug, branch: hook.branch, url }, 202);
  });
}

const NO_HOOK = 'No deploy hook has this URL. It may have been deleted, or the URL was cut.';
