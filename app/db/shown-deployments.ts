import { and, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import type { ShownDeployment } from '../domain/github/decide-path-base.ts';
import type { Executor } from './database.ts';
import { aliases, deployments } from './schema.ts';

/** What hosts show now, by their labels. Those that show nothing are missing. */
export async function readShown(
  db: Executor,
  labels: readonly string[],
): Promise<ReadonlyMap<string, ShownDeployment>> {
  const rows = await db
    .select({
      label: aliases.label,
      commit: deployments.commit,
      settings: deployments.settings,
      filtersPaths: deployments.filtersPaths,
    })
    .from(aliases)
    .innerJoin(deployments, eq(deployments.id, aliases.deploymentId))
    .where(and(inArray(aliases.label, [...labels]), eq(aliases.state, 'live')));
  return new Map(rows.map(({ label, ...shown }) => [label, shown]));
}

/** Whether a deployment of the branch is on its way that will be built whatever it changes. */
export async function hasCertainBuild(db: Executor, projectId: string, branch: string): Promise<boolean> {
  const rows = await db
    .select({ id: deployments.id })
    .from(deployments)
    .where(
      and(
        eq(deployments.projectId, projectId),
        eq(deployments.refKind, 'branch'),
        eq(deployments.ref, branch),
        or(
          sql`${deployments.status} in ('launching', 'building')`,
          and(sql`${deployments.status} = 'queued'`, isNull(deployments.heldUntil)),
        ),
      ),
    )
    .limit(1);
  return rows.length > 0;
}
