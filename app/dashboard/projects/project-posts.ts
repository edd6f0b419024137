import type { Context, Hono } from 'hono';
import type { ProjectRow } from '../../db/projects.ts';
import type { AppEnv } from '../../http/guards.ts';
import type { DashboardDependencies } from '../dependencies.ts';
import { type FormText, readForm } from '../form.ts';
import { findProjectOrAnswer } from './find-project.ts';

/** A form of a project's pages, as somebody sent it. */
export interface ProjectPost {
  readonly context: Context<AppEnv>;
  readonly project: ProjectRow;
  readonly typed: FormText;
}

/** Answers what is sent to a path of a project (`/projects/:slug/…`), if there is that project. */
export function addProjectPost(
  app: Hono<AppEnv>,
  path: `/projects/:slug/${string}`,
  { db }: Pick<DashboardDependencies, 'db'>,
  answer: (post: ProjectPost) => Promise<Response>,
): void {
  app.post(path, async (context) => {
    const project = await findProjectOrAnswer(context, context.req.param('slug') ?? '', db);
    if (project instanceof Response) return project;
    return answer({ context, project, typed: await readForm(context) });
  });
}
