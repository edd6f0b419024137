import type { Context } from 'hono';
import type { Executor } from '../../db/database.ts';
import { findListedDeployment, type ListedDeployment } from '../../db/deployment-listing.ts';
import { problem } from '../../http/problem.ts';

/** An id in an answer is somebody's text: bounded. */
const MAX_SHOWN_LENGTH = 60;

/** The deployment that a page is about, with its project, or the answer that there is none. */
export async function findDeploymentOrAnswer(
  context: Context,
  id: string,
  db: Executor,
): Promise<ListedDeployment | Response> {
  return (await findListedDeployment(db, id)) ?? answerNoDeployment(context, id);
}

export function answerNoDeployment(context: Context, id: string): Response {
  const shown = id.slice(0, MAX_SHOWN_LENGTH);
  const detail = `There is no deployment with the id "${shown}". Old ones are removed when newer ones of their branch are there.`;
  return problem(context, 'deployment_not_found', detail);
}
