import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Transaction } from './database.ts';
import { deployments } from './schema.ts';

/**
 * Asks the builds of a branch that are older than this generation to stop; their ids. Not one whose artifact is complete:
 * the condition is looked at again once the row's lock is got, so a builder that completes at this moment was first.
 * What somebody uploads is left alone.
 */
export async function cancelOlderBuilds(
  tx: Transaction,
  branch: { readonly projectId: string; readonly name: string; readonly generation: number },
  message: string,
  at: Date,
): Promise<string[]> {
  const rows = await tx
    .update(deployments)
    .set({ cancelRequestedAt: at, message })
    .where(
      and(
        eq(deployments.projectId, branch.projectId),
        eq(deployments.refKind, 'branch'),
        eq(deployments.ref, branch.name),
        eq(deployments.source, 'git'),
        lt(deployments.generation, branch.generation),
        sql`${deployments.status} in ('launching', 'building')`,
        isNull(deployments.manifest),
        isNull(deployments.cancelRequestedAt),
      ),
    )
    .returning({ id: deployments.id });
  return rows.map((row) => row.id);
}
