import { asc, eq } from 'drizzle-orm';
import type { AliasRow } from './aliases.ts';
import type { Executor, Transaction } from './database.ts';
import { aliases, blobs, deployments, projects } from './schema.ts';

export async function listDeploymentIds(db: Executor, projectId: string): Promise<string[]> {
  const rows = await db
    .select({ id: deployments.id })
    .from(deployments)
    .where(eq(deployments.projectId, projectId));
  return rows.map((row) => row.id);
}

export async function lockProjectAliases(tx: Transaction, projectId: string): Promise<AliasRow[]> {
  return tx
    .select()
    .from(aliases)
    .where(eq(aliases.projectId, projectId))
    .orderBy(asc(aliases.label))
    .for('update');
}

/** The project with its branches, deployments and attempts; its hosts and blobs, which outlive rows of others. */
export async function deleteProjectRows(tx: Transaction, projectId: string): Promise<void> {
  await tx.delete(projects).where(eq(projects.id, projectId));
  await tx.delete(aliases).where(eq(aliases.projectId, projectId));
  await tx.delete(blobs).where(eq(blobs.projectId, projectId));
}
