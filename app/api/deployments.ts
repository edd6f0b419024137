import type { OpenAPIHono } from '@hono/zod-openapi';
import { cancel } from '../actions/cancel.ts';
import { deployRef } from '../actions/deploy-ref.ts';
import { redeploy } from '../actions/deploy.ts';
import { approveDeployment } from '../actions/github/approve-deployment.ts';
import { promote } from '../actions/promote.ts';
import {
  findListedDeployment,
  type ListedDeployment,
  listDeploymentsOfAll,
} from '../db/deployment-listing.ts';
import { pinDeployment } from '../db/deployments.ts';
import { findLivingProject } from '../db/projects.ts';
import type { DeploymentStatus } from '../domain/words.ts';
import { maySee, visibleTo } from '../http/access.ts';
import { requesterOf } from '../http/caller.ts';
import type { AppEnv } from '../http/guards.ts';
import { problem } from '../http/problem.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import { createdPosition, pageOf } from '../http/cursor.ts';
import { presentDeployment } from './present.ts';
import { answerNoDeployment, answerNoProject, refuseField } from './refuse.ts';
import {
  approveRoute,
  cancelRoute,
  deployRoute,
  listDeploymentsRoute,
  listProjectDeploymentsRoute,
  promoteRoute,
  readDeploymentRoute,
  redeployRoute,
  updateDeploymentRoute,
} from './routes.ts';

/** The route that asks for a deployment. */
export function addDeployRoute(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  app.openapi(deployRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const project = await findLivingProject(dependencies.db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const { ref } = context.req.valid('json');
    const result = await deployRef(project, ref, requesterOf(context.get('caller')), dependencies);
    switch (result.outcome) {
      case 'deployed': {
        context.header('location', `/api/deployments/${result.deployment.id}`);
        const listed = { deployment: result.deployment, project };
        return context.json(presentDeployment(listed, dependencies), 202);
      }
      case 'project_not_found':
        return answerNoProject(context, slug);
      case 'ref_not_found':
        return refuseField(context, 'ref_not_found', '/ref', result.message);
      case 'no_repository':
      case 'repository_unreachable':
        return problem(context, result.outcome, result.message);
      case 'overtaken':
        return problem(context, 'conflict', OVERTAKEN);
    }
  });
}

/** The routes that read deployments. */
export function addDeploymentRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  const { db } = dependencies;
  const present = (row: ListedDeployment) => presentDeployment(row, dependencies);
  const position = (row: ListedDeployment) => createdPosition(row.deployment);

  app.openapi(listProjectDeploymentsRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const { after, limit, ...filter } = context.req.valid('query');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const page = { after, visible: visibleTo(context), limit: limit + 1 };
    const rows = await listDeploymentsOfAll(db, { ...filter, projectId: project.id }, page);
    return context.json(pageOf(rows, limit, present, position), 200);
  });

  app.openapi(listDeploymentsRoute, async (context) => {
    const { after, limit, project: slug, ...filter } = context.req.valid('query');
    const project = slug === undefined ? undefined : await findLivingProject(db, slug);
    if (slug !== undefined && (project === undefined || !maySee(context, project)))
      return answerNoProject(context, slug);
    const page = { after, visible: visibleTo(context), limit: limit + 1 };
    const rows = await listDeploymentsOfAll(db, { ...filter, projectId: project?.id }, page);
    return context.json(pageOf(rows, limit, present, position), 200);
  });

  app.openapi(readDeploymentRoute, async (context) => {
    const { id } = context.req.valid('param');
    const found = await findListedDeployment(db, id);
    return found === undefined ? answerNoDeployment(context, id) : context.json(present(found), 200);
  });
}

/** The route that pins a deployment. */
export function addPinRoute(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  app.openapi(updateDeploymentRoute, async (context) => {
    const { id } = context.req.valid('param');
    const { pinned } = context.req.valid('json');
    const found = await findListedDeployment(dependencies.db, id);
    if (found === undefined) return answerNoDeployment(context, id);
    const deployment =
      pinned === undefined ? found.deployment : await pinDeployment(dependencies.db, id, pinned);
    if (deployment === undefined) return answerNoDeployment(context, id);
    return context.json(presentDeployment({ ...found, deployment }, dependencies), 200);
  });
}

/** The routes that change what becomes of a deployment. */
export function addDeploymentActionRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  const { db } = dependencies;
  const present = (row: ListedDeployment) => presentDeployment(row, dependencies);

  app.openapi(cancelRoute, async (context) => {
    const { id } = context.req.valid('param');
    const found = await findListedDeployment(db, id);
    if (found === undefined) return answerNoDeployment(context, id);
    const result = await cancel(id, dependencies);
    if (result.outcome === 'deployment_not_found') return answerNoDeployment(context, id);
    const { deployment } = result;
    if (result.outcome === 'too_late' && deployment.status !== 'canceled') {
      return problem(context, 'deployment_not_cancelable', sayTooLate(deployment.status));
    }
    return context.json(present({ ...found, deployment }), 202);
  });

  app.openapi(redeployRoute, async (context) => {
    const { id } = context.req.valid('param');
    const found = await findListedDeployment(db, id);
    if (found === undefined) return answerNoDeployment(context, id);
    const result = await redeploy(id, requesterOf(context.get('caller')), dependencies);
    if (result.outcome === 'not_rebuildable')
      return problem(context, 'deployment_not_rebuildable', NOT_REBUILDABLE);
    if (result.outcome === 'refused') return problem(context, 'deployment_not_rebuildable', result.message);
    if (result.outcome !== 'deployed') return answerNoDeployment(context, id);
    context.header('location', `/api/deployments/${result.deployment.id}`);
    return context.json(present({ ...found, deployment: result.deployment }), 202);
  });

  app.openapi(approveRoute, async (context) => {
    const { id } = context.req.valid('param');
    const found = await findListedDeployment(db, id);
    if (found === undefined) return answerNoDeployment(context, id);
    const result = await approveDeployment(id, requesterOf(context.get('caller')), dependencies);
    if (result.outcome === 'refused') return problem(context, 'deployment_not_approvable', result.message);
    if (result.outcome !== 'deployed') return answerNoDeployment(context, id);
    context.header('location', `/api/deployments/${result.deployment.id}`);
    return context.json(present({ ...found, deployment: result.deployment }), 202);
  });

  app.openapi(promoteRoute, async (context) => {
    const { id } = context.req.valid('param');
    const found = await findListedDeployment(db, id);
    if (found === undefined) return answerNoDeployment(context, id);
    const result = await promote(id, dependencies);
    if (result.outcome === 'not_ready') {
      const detail = `It is ${result.deployment.status}; only a deployment that is ready can be served.`;
      return problem(context, 'deployment_not_promotable', detail);
    }
    if (result.outcome === 'not_trusted') return problem(context, 'deployment_not_promotable', NOT_TRUSTED);
    if (result.outcome !== 'promoted') return answerNoDeployment(context, id);
    return context.json(present({ ...found, deployment: result.deployment }), 200);
  });
}

const NOT_TRUSTED =
  'It was built of a fork’s code: its addresses are its own and its pull request’s. Merge it, and production gets it.';

const OVERTAKEN =
  'Other commits of this branch were requested again and again while the repository was asked for the newest one: ask again.';

const NOT_REBUILDABLE =
  'No commit of it is known that could be built again. Was its folder uploaded, upload it anew or promote this deployment; could its repository not be asked, deploy its branch.';

function sayTooLate(status: DeploymentStatus): string {
  if (status === 'building')
    return 'Its build is complete and goes live at this moment: nothing is left to cancel.';
  return `It is ${status} already: nothing is left to cancel.`;
}
