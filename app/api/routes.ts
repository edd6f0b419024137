import { createRoute, z } from '@hono/zod-openapi';
import { ignoreTypeOfEmptyBody } from './empty-body.ts';
import { jsonBody, jsonContent, problemsOfChanging, problemsOfReading } from './responses.ts';
import {
  aliasPageQuery,
  aliasPageSchema,
  begunUploadSchema,
  deploymentChangesSchema,
  deploymentPageSchema,
  deploymentSchema,
  deploymentsOfProjectQuery,
  deploymentsQuery,
  idParams,
  loginLinkSchema,
  newDeploymentBody,
  newProjectBody,
  newUploadBody,
  projectsQuery,
  projectChangesBody,
  projectPageSchema,
  projectSchema,
  slugParams,
} from './schemas.ts';

/** The public API as data: what the OpenAPI document says and what the validators hold requests to. */
const locationHeaders = z.object({ location: z.string().openapi({ description: 'Where it can be read.' }) });

export const createProjectRoute = createRoute({
  method: 'post',
  path: '/api/projects',
  tags: ['Projects'],
  operationId: 'createProject',
  summary: 'Create a project, from a Git URL or for uploads',
  description:
    'Asks the repository for its default branch, so a wrong URL is refused at once. Nothing is built before the first deployment is asked for. Without a Git URL folders are uploaded to it; it can be given one later.',
  request: { body: jsonBody(newProjectBody, true) },
  responses: {
    201: { ...jsonContent(projectSchema, 'The project.'), headers: locationHeaders },
    ...problemsOfChanging('slug_taken', 'git_url_invalid', 'repository_unreachable', 'ref_not_found'),
  },
});

export const listProjectsRoute = createRoute({
  method: 'get',
  path: '/api/projects',
  tags: ['Projects'],
  operationId: 'listProjects',
  summary: 'List projects, newest first',
  request: { query: projectsQuery },
  responses: {
    200: jsonContent(projectPageSchema, 'A page of projects.'),
    ...problemsOfReading('git_url_invalid'),
  },
});

export const readProjectRoute = createRoute({
  method: 'get',
  path: '/api/projects/{slug}',
  tags: ['Projects'],
  operationId: 'readProject',
  summary: 'Read a project',
  request: { params: slugParams },
  responses: { 200: jsonContent(projectSchema, 'The project.'), ...problemsOfReading('project_not_found') },
});

export const updateProjectRoute = createRoute({
  method: 'patch',
  path: '/api/projects/{slug}',
  tags: ['Projects'],
  operationId: 'updateProject',
  summary: 'Change a project',
  description:
    'Takes effect with the next deployment; deployments that exist keep the settings they began with.',
  request: { params: slugParams, body: jsonBody(projectChangesBody, true) },
  responses: {
    200: jsonContent(projectSchema, 'The project after the change.'),
    ...problemsOfChanging('project_not_found', 'git_url_invalid', 'repository_unreachable'),
  },
});

export const deleteProjectRoute = createRoute({
  method: 'delete',
  path: '/api/projects/{slug}',
  tags: ['Projects'],
  operationId: 'deleteProject',
  summary: 'Delete a project, its sites, blobs and logs',
  description: 'Builds are canceled and hosts stop serving; the rest is removed in the background. Final.',
  request: { params: slugParams },
  responses: {
    202: jsonContent(z.object({ slug: z.string(), deleting: z.literal(true) }), 'The deletion has begun.'),
    ...problemsOfChanging('project_not_found'),
  },
});

export const listAliasesRoute = createRoute({
  method: 'get',
  path: '/api/projects/{slug}/aliases',
  tags: ['Projects'],
  operationId: 'listAliases',
  summary: 'List the hosts of a project and what each points at',
  request: { params: slugParams, query: aliasPageQuery },
  responses: {
    200: jsonContent(aliasPageSchema, 'A page of hosts, by label.'),
    ...problemsOfReading('project_not_found'),
  },
});

export const deployRoute = createRoute({
  method: 'post',
  path: '/api/projects/{slug}/deployments',
  tags: ['Deployments'],
  operationId: 'deploy',
  summary: 'Deploy a branch, a tag or a commit',
  description:
    'The newest commit of a branch, or what a tag or commit names. A tag or a commit gets its own host only.',
  middleware: ignoreTypeOfEmptyBody,
  request: { params: slugParams, body: jsonBody(newDeploymentBody, false) },
  responses: {
    202: { ...jsonContent(deploymentSchema, 'The deployment, queued.'), headers: locationHeaders },
    ...problemsOfChanging(
      'project_not_found',
      'no_repository',
      'repository_unreachable',
      'ref_not_found',
      'conflict',
    ),
  },
});

export const beginUploadRoute = createRoute({
  method: 'post',
  path: '/api/projects/{slug}/uploads',
  tags: ['Deployments'],
  operationId: 'beginUpload',
  summary: 'Deploy a folder: begin its upload',
  description:
    'Makes a deployment that waits for its files. The token speaks the builder protocol (contracts/build-report.ts): claim, blobs, uploads, complete; `npx offshoot deploy <folder>` does it. An upload that falls silent fails as `lost`.',
  middleware: ignoreTypeOfEmptyBody,
  request: { params: slugParams, body: jsonBody(newUploadBody, false) },
  responses: {
    201: {
      ...jsonContent(begunUploadSchema, 'The deployment, and what uploads to it.'),
      headers: locationHeaders,
    },
    ...problemsOfChanging('project_not_found', 'disk_full'),
  },
});

export const listProjectDeploymentsRoute = createRoute({
  method: 'get',
  path: '/api/projects/{slug}/deployments',
  tags: ['Deployments'],
  operationId: 'listProjectDeployments',
  summary: 'List the deployments of a project, newest first',
  request: { params: slugParams, query: deploymentsOfProjectQuery },
  responses: {
    200: jsonContent(deploymentPageSchema, 'A page of deployments.'),
    ...problemsOfReading('project_not_found'),
  },
});

export const listDeploymentsRoute = createRoute({
  method: 'get',
  path: '/api/deployments',
  tags: ['Deployments'],
  operationId: 'listDeployments',
  summary: 'List deployments, newest first',
  request: { query: deploymentsQuery },
  responses: {
    200: jsonContent(deploymentPageSchema, 'A page of deployments.'),
    ...problemsOfReading('project_not_found'),
  },
});

export const readDeploymentRoute = createRoute({
  method: 'get',
  path: '/api/deployments/{id}',
  tags: ['Deployments'],
  operationId: 'readDeployment',
  summary: 'Read a deployment',
  request: { params: idParams },
  responses: {
    200: jsonContent(deploymentSchema, 'The deployment.'),
    ...problemsOfReading('deployment_not_found'),
  },
});

export const updateDeploymentRoute = createRoute({
  method: 'patch',
  path: '/api/deployments/{id}',
  tags: ['Deployments'],
  operationId: 'updateDeployment',
  summary: 'Pin a deployment, or unpin it',
  description: 'A pinned deployment is never removed for its age or number.',
  request: { params: idParams, body: jsonBody(deploymentChangesSchema, true) },
  responses: {
    200: jsonContent(deploymentSchema, 'The deployment after the change.'),
    ...problemsOfChanging('deployment_not_found'),
  },
});

export const cancelRoute = createRoute({
  method: 'post',
  path: '/api/deployments/{id}/cancel',
  tags: ['Deployments'],
  operationId: 'cancelDeployment',
  summary: 'Cancel a deployment',
  description:
    'A build that runs is told to stop; its status changes once it has. Repeating this is harmless.',
  request: { params: idParams },
  responses: {
    202: jsonContent(deploymentSchema, 'The deployment; it is canceled, or will be in a moment.'),
    ...problemsOfChanging('deployment_not_found', 'deployment_not_cancelable'),
  },
});

export const redeployRoute = createRoute({
  method: 'post',
  path: '/api/deployments/{id}/redeploy',
  tags: ['Deployments'],
  operationId: 'redeploy',
  summary: 'Build the same commit again, as a new deployment',
  request: { params: idParams },
  responses: {
    202: { ...jsonContent(deploymentSchema, 'The new deployment, queued.'), headers: locationHeaders },
    ...problemsOfChanging('deployment_not_found', 'deployment_not_rebuildable'),
  },
});

export const approveRoute = createRoute({
  method: 'post',
  path: '/api/deployments/{id}/approve',
  tags: ['Deployments'],
  operationId: 'approve',
  summary: 'Let the commit of a fork be built',
  description:
    'For a deployment that is `blocked`: it comes from a fork, whose code nobody here has looked at. Only this one commit is approved; the next one waits again. Its build gets no environment variables and writes no cache, and the build settings are those of the base branch.',
  request: { params: idParams },
  responses: {
    202: { ...jsonContent(deploymentSchema, 'The deployment, queued.'), headers: locationHeaders },
    ...problemsOfChanging('deployment_not_found', 'deployment_not_approvable'),
  },
});

export const promoteRoute = createRoute({
  method: 'post',
  path: '/api/deployments/{id}/promote',
  tags: ['Deployments'],
  operationId: 'promote',
  summary: 'Make production serve this deployment: promotion, or rollback to an older one',
  description: 'Moves the pointer of the production host; nothing is built. Answers once it serves.',
  request: { params: idParams },
  responses: {
    200: jsonContent(deploymentSchema, 'The deployment that production serves now.'),
    ...problemsOfChanging('deployment_not_found', 'deployment_not_promotable'),
  },
});

export const createLoginLinkRoute = createRoute({
  method: 'post',
  path: '/api/login-links',
  tags: ['Sessions'],
  operationId: 'createLoginLink',
  summary: 'Make a link that signs in to the dashboard once',
  description: 'It works for a quarter of an hour. Whoever has it is the administrator: hand it to nobody.',
  middleware: ignoreTypeOfEmptyBody,
  responses: { 201: jsonContent(loginLinkSchema, 'The link.'), ...problemsOfChanging() },
});
