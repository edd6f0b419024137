import { and, asc, desc, eq, isNull, ne, or, sql } from 'drizzle-orm';
import type { AliasRow } from './aliases.ts';
import type { BranchRow } from './branches.ts';
import type { Executor } from './database.ts';
import { type DeploymentLineRow, lineColumns } from './deployment-lines.ts';
import type { ProjectRow } from './projects.ts';
import { aliases, branches, deployments } from './schema.ts';

/** A branch with its host and its newest deployment. */
export interface ListedBranch {
  readonly branch: Pick<BranchRow, 'name' | 'slug' | 'deletedAt'>;
  readonly state: AliasRow['state'] | null;
  readonly latest: DeploymentLineRow | null;
}

/**
 * At most `limit` branches: production's, then those with the newest requests, then those that are gone and are still
 * served. Those that nothing is left of are history.
 */
export async function listBranchesWithLatest(
  db: Executor,
  project: Pick<ProjectRow, 'id' | 'slug' | 'productionBranch'>,
  limit: number,
): Promise<ListedBranch[]> {
  const order = sql<number>`row_number() over (order by ${branches.name} = ${project.productionBranch} desc,
    ${branches.deletedAt} is null desc, ${branches.generation} desc)`;
  const listed = db
    .select({
      name: branches.name,
      slug: branches.slug,
      deletedAt: branches.deletedAt,
      state: aliases.state,
      place: order.as('place'),
    })
    .from(branches)
    .leftJoin(aliases, eq(aliases.label, sql`${branches.slug} || '--' || ${project.slug}::text`))
    .where(and(eq(branches.projectId, project.id), or(isNull(branches.deletedAt), ne(aliases.state, 'gone'))))
    .orderBy(sql`place`)
    .limit(limit)
    .as('listed');
  const latest = db
    .select(lineColumns)
    .from(deployments)
    .where(
      and(
        eq(deployments.projectId, project.id),
        eq(deployments.refKind, 'branch'),
        eq(deployments.ref, listed.name),
      ),
    )
    .orderBy(desc(deployments.createdAt), asc(deployments.id))
    .limit(1)
    .as('latest');
  const rows = await db
    .select()
    .from(listed)
    .leftJoinLateral(latest, sql`true`)
    .orderBy(asc(listed.place));
  return rows.map(({ listed: { name, slug, deletedAt, state }, latest }) => ({
    branch: { name, slug, deletedAt },
    state,
    latest,
  }));
}

/** Names of the branches with the newest requests, also of those that are gone. */
export async function listBranchNames(db: Executor, projectId: string, limit: number): Promise<string[]> {
  const rows = await db
    .select({ name: branches.name })
    .from(branches)
    .where(eq(branches.projectId, projectId))
    .orderBy(desc(branches.generation))
    .limit(limit);
  return rows.map(({ name }) => name);
}
