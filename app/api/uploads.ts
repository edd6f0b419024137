import type { OpenAPIHono } from '@hono/zod-openapi';
import { beginUpload } from '../actions/begin-upload.ts';
import { findLivingProject } from '../db/projects.ts';
import { requesterOf } from '../http/caller.ts';
import type { AppEnv } from '../http/guards.ts';
import { problem } from '../http/problem.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import { presentDeployment } from './present.ts';
import { answerNoProject, refuseField } from './refuse.ts';
import { beginUploadRoute } from './routes.ts';

/** The route that begins an upload; what follows are the builder's endpoints. */
export function addUploadRoute(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  app.openapi(beginUploadRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const project = await findLivingProject(dependencies.db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const requestedBy = requesterOf(context.get('caller'));
    const order = { ...context.req.valid('json'), projectId: project.id, requestedBy };
    const result = await beginUpload(order, dependencies);
    switch (result.outcome) {
      case 'begun': {
        const { deployment, token, claimBefore } = result;
        context.header('location', `/api/deployments/${deployment.id}`);
        const upload = { token, claimBefore: claimBefore.getTime() };
        const body = { deployment: presentDeployment({ deployment, project }, dependencies), upload };
        return context.json(body, 201);
      }
      case 'project_not_found':
        return answerNoProject(context, slug);
      case 'branch_invalid':
        return refuseField(context, 'invalid_request', '/branch', result.message);
      case 'disk_full':
        return problem(context, 'disk_full', result.message);
    }
  });
}
