import { listUnfinishedOfProject } from '../db/deployment-listing.ts';
import { findProjectBySlug, markProjectDeleted } from '../db/projects.ts';
import { cancel } from './cancel.ts';
import type { EndAttemptDependencies } from './end-attempt.ts';

export type DeleteProjectResult = { readonly outcome: 'deleting' | 'not_found' };

/**
 * Begins the deletion of a project: from the commit on nothing is deployed or scheduled for it, and a job takes
 * away its hosts, artifacts and logs, last its row. Builds at work are told to stop at once; if that fails
 * half-way, the job does it again. Asking for a deletion that has begun is harmless.
 */
export async function deleteProject(
  slug: string,
  dependencies: EndAttemptDependencies,
): Promise<DeleteProjectResult> {
  const { db, jobs, now } = dependencies;
  const project = await findProjectBySlug(db, slug);
  if (project === undefined) return { outcome: 'not_found' };
  await db.transaction(async (tx) => {
    const isFirst = await markProjectDeleted(tx, project.id, new Date(now()));
    if (isFirst) await jobs.send(tx, 'delete-project', { projectId: project.id });
  });
  for (const id of await listUnfinishedOfProject(db, project.id)) await cancel(id, dependencies);
  return { outcome: 'deleting' };
}
