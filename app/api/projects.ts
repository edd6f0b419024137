import type { OpenAPIHono } from '@hono/zod-openapi';
import { createProject } from '../actions/create-project.ts';
import { deleteProject } from '../actions/delete-project.ts';
import { updateProject } from '../actions/update-project.ts';
import { listAliasPage } from '../db/alias-listing.ts';
import type { AliasRow } from '../db/aliases.ts';
import { findLivingProject, listProjects, type ProjectRow } from '../db/projects.ts';
import { parseGitUrl } from '../../git/parse-git-url.ts';
import { visibleTo } from '../http/access.ts';
import { isAdministrator } from '../http/caller.ts';
import type { AppEnv } from '../http/guards.ts';
import { problem } from '../http/problem.ts';
import type { ApiDependencies } from './api-dependencies.ts';
import { createdPosition, pageOf } from '../http/cursor.ts';
import { presentAlias, presentProject } from './present.ts';
import { answerNoProject, refuseField } from './refuse.ts';
import {
  createProjectRoute,
  deleteProjectRoute,
  listAliasesRoute,
  listProjectsRoute,
  readProjectRoute,
  updateProjectRoute,
} from './routes.ts';

/** The routes that read projects and their hosts. */
export function addProjectRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  const { db } = dependencies;

  app.openapi(listProjectsRoute, async (context) => {
    const { after, limit, gitUrl } = context.req.valid('query');
    const asked = gitUrl === undefined ? undefined : parseGitUrl(gitUrl, dependencies);
    if (asked?.ok === false) return refuseField(context, 'git_url_invalid', 'gitUrl', asked.message);
    const visible = visibleTo(context);
    const rows = await listProjects(db, { after, gitUrl: asked?.href, visible, limit: limit + 1 });
    const present = (row: ProjectRow) => presentProject(row, dependencies);
    return context.json(pageOf(rows, limit, present, createdPosition), 200);
  });

  app.openapi(readProjectRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    return context.json(presentProject(project, dependencies), 200);
  });

  app.openapi(listAliasesRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const { after, limit, kind } = context.req.valid('query');
    const project = await findLivingProject(db, slug);
    if (project === undefined) return answerNoProject(context, slug);
    const rows = await listAliasPage(db, project.id, { after, kind, limit: limit + 1 });
    const present = (row: AliasRow) => presentAlias(row, dependencies);
    return context.json(
      pageOf(rows, limit, present, (row) => row.label),
      200,
    );
  });
}

/** The routes that create, change and delete projects. */
export function addProjectChangeRoutes(app: OpenAPIHono<AppEnv>, dependencies: ApiDependencies): void {
  app.openapi(createProjectRoute, async (context) => {
    const result = await createProject(context.req.valid('json'), dependencies);
    switch (result.outcome) {
      case 'created': {
        context.header('location', `/api/projects/${result.project.slug}`);
        return context.json(presentProject(result.project, dependencies), 201);
      }
      case 'slug_taken':
        return problem(context, 'slug_taken', result.message);
      case 'git_url_invalid':
      case 'repository_unreachable':
        return refuseField(context, result.outcome, '/gitUrl', result.message);
      case 'ref_not_found':
        return refuseField(context, result.outcome, '/productionBranch', result.message);
    }
  });

  app.openapi(updateProjectRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const changes = context.req.valid('json');
    if (changes.gitUrl !== undefined && !isAdministrator(context.get('caller')))
      return problem(context, 'forbidden', ONLY_ADMINISTRATOR);
    const result = await updateProject(slug, changes, dependencies);
    if (result.outcome === 'not_found') return answerNoProject(context, slug);
    if (result.outcome !== 'updated') return refuseField(context, result.outcome, '/gitUrl', result.message);
    return context.json(presentProject(result.project, dependencies), 200);
  });

  app.openapi(deleteProjectRoute, async (context) => {
    const { slug } = context.req.valid('param');
    const { outcome } = await deleteProject(slug, dependencies);
    if (outcome === 'not_found') return answerNoProject(context, slug);
    return context.json({ slug, deleting: true as const }, 202);
  });
}

/** Their rights come from the repository: with another one they would take rights along that they have not there. */
const ONLY_ADMINISTRATOR = 'Only the administrator of this Offshoot may give a project another repository.';
