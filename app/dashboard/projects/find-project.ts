import type { Context } from 'hono';
import type { Executor } from '../../db/database.ts';
import { findLivingProject, type ProjectRow } from '../../db/projects.ts';
import { problem } from '../../http/problem.ts';

/** A slug in an answer is somebody's text: bounded. */
const MAX_SHOWN_LENGTH = 60;

/** The project that a page is about, or the answer that there is none. */
export async function findProjectOrAnswer(
  context: Context,
  slug: string,
  db: Executor,
): Promise<ProjectRow | Response> {
  return (await findLivingProject(db, slug)) ?? answerNoProject(context, slug);
}

export function answerNoProject(context: Context, slug: string): Response {
  const detail = `There is no project with the slug "${slug.slice(0, MAX_SHOWN_LENGTH)}". It may have been deleted.`;
  return problem(context, 'project_not_found', detail);
}
