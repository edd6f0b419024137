import { and, asc, desc, eq, gt, isNotNull, lt, lte, or } from 'drizzle-orm';
import type { Executor } from './database.ts';
import type { DeploymentRow } from './deployments.ts';
import { deployments } from './schema.ts';

type Successor = Pick<DeploymentRow, 'id' | 'projectId' | 'refKind' | 'ref' | 'createdAt'>;

/** The newest ready deployment of the same branch (tag, commit) before this one, in the order of lists. */
export async function findEarlierOutput(db: Executor, later: Successor): Promise<DeploymentRow | undefined> {
  const { id, projectId, refKind, ref, createdAt } = later;
  const isEarlier = or(
    lt(deployments.createdAt, createdAt),
    and(eq(deployments.createdAt, createdAt), gt(deployments.id, id)),
  );
  const [row] = await db
    .select()
    .from(deployments)
    .where(
      and(
        eq(deployments.projectId, projectId),
        eq(deployments.refKind, refKind),
        eq(deployments.ref, ref),
        eq(deployments.status, 'ready'),
        isNotNull(deployments.manifest),
        // Says no more than the next one, but so that the index is entered there.
        lte(deployments.createdAt, createdAt),
        isEarlier,
      ),
    )
    .orderBy(desc(deployments.createdAt), asc(deployments.id))
    .limit(1);
  return row;
}
