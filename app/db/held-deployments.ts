import { and, eq, isNotNull } from 'drizzle-orm';
import type { Executor } from './database.ts';
import { deployments } from './schema.ts';

/** Any builder may take it from now on. False when it was not held (any more). */
export async function releaseDeployment(db: Executor, id: string): Promise<boolean> {
  const rows = await db
    .update(deployments)
    .set({ heldUntil: null, message: null })
    .where(and(eq(deployments.id, id), isNotNull(deployments.heldUntil)))
    .returning({ id: deployments.id });
  return rows.length > 0;
}
