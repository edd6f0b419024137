import { and, asc, eq, gt, inArray, isNotNull, isNull, lt, lte, ne, sql } from 'drizzle-orm';
import type { KeptDeployment } from '../domain/plan-retention.ts';
import type { AliasRow } from './aliases.ts';
import type { Executor, Transaction } from './database.ts';
import type { ProjectRow } from './projects.ts';
import { aliases, branches, deployments, projects } from './schema.ts';

/** Projects in the order of their ids, without those whose deletion has begun. */
export async function listProjectsFrom(db: Executor, afterId: string, limit: number): Promise<ProjectRow[]> {
  return db
    .select()
    .from(projects)
    .where(and(gt(projects.id, afterId), isNull(projects.deletedAt)))
    .orderBy(asc(projects.id))
    .limit(limit);
}

export async function listKeptDeployments(db: Executor, projectId: string): Promise<KeptDeployment[]> {
  const { id, refKind, ref, status, pinned, createdAt, finishedAt } = deployments;
  const rows = await db
    .select({ id, refKind, ref, status, pinned, createdAt, finishedAt })
    .from(deployments)
    .where(eq(deployments.projectId, projectId));
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.getTime(),
    finishedAt: row.finishedAt?.getTime() ?? null,
  }));
}

/** When the branches of a project that are gone went away. */
export async function listGoneBranches(db: Executor, projectId: string): Promise<Map<string, number>> {
  const rows = await db
    .select({ name: branches.name, deletedAt: branches.deletedAt })
    .from(branches)
    .where(and(eq(branches.projectId, projectId), isNotNull(branches.deletedAt)));
  return new Map(rows.map(({ name, deletedAt }) => [name, deletedAt?.getTime() ?? 0]));
}

/** Deployments that a host other than their own serves. */
export async function listLiveIds(db: Executor, projectId: string): Promise<Set<string>> {
  const rows = await db
    .select({ id: aliases.deploymentId })
    .from(aliases)
    .where(and(eq(aliases.projectId, projectId), eq(aliases.state, 'live'), ne(aliases.kind, 'deployment')));
  return new Set(rows.flatMap(({ id }) => (id === null ? [] : [id])));
}

/** The hosts that name a deployment, as what they serve or as an earlier one, locked in the order of labels. */
export async function lockAliasesNaming(
  tx: Transaction,
  projectId: string,
  deploymentId: string,
): Promise<AliasRow[]> {
  const named = sql`(${aliases.deploymentId} = ${deploymentId} or ${aliases.recent} @> ${JSON.stringify([{ deploymentId }])}::jsonb)`;
  return tx
    .select()
    .from(aliases)
    .where(and(eq(aliases.projectId, projectId), named))
    .orderBy(asc(aliases.label))
    .for('update');
}

export async function deleteDeployment(tx: Transaction, id: string): Promise<void> {
  await tx.delete(deployments).where(eq(deployments.id, id));
}

/** Hosts of branches that went away before a moment and that still show something. */
export async function lockAliasesOfGoneBranches(
  tx: Transaction,
  projectId: string,
  before: Date,
): Promise<AliasRow[]> {
  const gone = tx
    .select({ name: branches.name })
    .from(branches)
    .where(and(eq(branches.projectId, projectId), lte(branches.deletedAt, before)));
  return tx
    .select()
    .from(aliases)
    .where(
      and(
        eq(aliases.projectId, projectId),
        eq(aliases.kind, 'branch'),
        ne(aliases.state, 'gone'),
        inArray(aliases.branch, gone),
      ),
    )
    .orderBy(asc(aliases.label))
    .for('update');
}

/** Own hosts of removed deployments whose pointer says so since a moment: nobody will ask for them again. */
export async function listBuriedAliases(
  db: Executor,
  projectId: string,
  before: Date,
  limit: number,
): Promise<AliasRow[]> {
  return db
    .select()
    .from(aliases)
    .where(
      and(
        eq(aliases.projectId, projectId),
        eq(aliases.kind, 'deployment'),
        eq(aliases.state, 'gone'),
        eq(aliases.projectedVersion, aliases.version),
        lt(aliases.changedAt, before),
        sql`not exists (select 1 from ${deployments} where ${deployments.id} = split_part(${aliases.label}, '--', 1))`,
      ),
    )
    .limit(limit);
}

export async function deleteAliases(db: Executor, labels: readonly string[]): Promise<void> {
  if (labels.length > 0) await db.delete(aliases).where(inArray(aliases.label, [...labels]));
}

/** The names of the manifests that deployments of a project have, each once. */
export async function listManifests(db: Executor, projectId: string): Promise<string[]> {
  const rows = await db
    .selectDistinct({ manifest: deployments.manifest })
    .from(deployments)
    .where(and(eq(deployments.projectId, projectId), isNotNull(deployments.manifest)));
  return rows.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
}

/**
 * Whether a deployment has this manifest, asked under a lock that publishing takes too: an old manifest that no
 * deployment has can be written off, or be published anew, but not both at once.
 */
export async function lockManifest(tx: Transaction, projectId: string, manifest: string): Promise<boolean> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${projectId}/${manifest}`}, 0))`);
  const [row] = await tx
    .select({ id: deployments.id })
    .from(deployments)
    .where(and(eq(deployments.projectId, projectId), eq(deployments.manifest, manifest)))
    .limit(1);
  return row !== undefined;
}
