import type { Executor } from '../db/database.ts';
import {
  findLivingProject,
  type ProjectChanges,
  type ProjectRow,
  updateProject as write,
} from '../db/projects.ts';

export type UpdateProjectResult =
  | { readonly outcome: 'updated'; readonly project: ProjectRow }
  | { readonly outcome: 'not_found' };

/**
 * Changes what people may change of a project. Deployments that exist keep what they were asked for with, so
 * nothing is rebuilt. No change at all is a change that is done already.
 */
export async function updateProject(
  slug: string,
  changes: ProjectChanges,
  { db }: { readonly db: Executor },
): Promise<UpdateProjectResult> {
  const project = await findLivingProject(db, slug);
  if (project === undefined) return { outcome: 'not_found' };
  const isEmpty = Object.values(changes).every((value) => value === undefined);
  const updated = isEmpty ? project : await write(db, project.id, changes);
  return updated === undefined ? { outcome: 'not_found' } : { outcome: 'updated', project: updated };
}
