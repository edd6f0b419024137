import type { Database } from '../db/database.ts';
import { deleteEnvironmentVariable as remove } from '../db/environment-variables.ts';
import { lockProject } from '../db/projects.ts';

/** False when the project has no such variable, or not any more. */
export async function deleteEnvironmentVariable(
  projectId: string,
  id: string,
  { db }: { readonly db: Database },
): Promise<boolean> {
  return db.transaction(async (tx) => {
    // Whoever sets it at the same time either finds it or has set it: never a row that goes away in between.
    await lockProject(tx, projectId);
    return remove(tx, projectId, id);
  });
}
