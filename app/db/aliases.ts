import { and, asc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { FailureReason } from '../../contracts/phases.ts';
import type { AliasName } from '../domain/deployment-urls.ts';
import type { Executor, Transaction } from './database.ts';
import { aliases } from './schema.ts';

export type AliasRow = typeof aliases.$inferSelect;
export type AliasChanges = Partial<
  Pick<AliasRow, 'state' | 'deploymentId' | 'manifest' | 'reason' | 'recent' | 'floorGeneration'>
>;

/**
 * Versions come from the sequence of generations: they rise for a label for ever, also when its row was removed
 * and a new project has taken the name, so no old pointer can ever look newer than a new one.
 */
const NEXT_VERSION = sql<number>`nextval('generations')`;

/**
 * Locks the rows of these hosts, making those that are missing (`gone`: nothing was ever there, so storage is
 * not behind). Always in the order of their labels, so that two transactions can't wait for each other. One statement: an
 * update that changes nothing locks, and gives back, also what was there.
 */
export async function lockAliases(
  tx: Transaction,
  projectId: string,
  names: readonly AliasName[],
  at: Date,
): Promise<AliasRow[]> {
  const sorted = names.toSorted((a, b) => (a.label < b.label ? -1 : 1));
  return tx
    .insert(aliases)
    .values(
      sorted.map((name) => ({
        ...name,
        projectId,
        state: 'gone' as const,
        recent: [],
        version: 0,
        changedAt: at,
      })),
    )
    .onConflictDoUpdate({ target: aliases.label, set: { version: sql`${aliases.version}` } })
    .returning();
}

/** Changes an alias that the transaction has locked; storage is behind from now on. */
export async function changeAlias(
  tx: Transaction,
  label: string,
  changes: AliasChanges,
  at: Date,
): Promise<void> {
  await changeAliases(tx, [label], changes, at);
}

/** The same for several, all of which the transaction has locked. */
export async function changeAliases(
  tx: Transaction,
  labels: readonly string[],
  changes: AliasChanges,
  at: Date,
): Promise<void> {
  if (labels.length === 0) return;
  await tx
    .update(aliases)
    .set({ ...changes, version: NEXT_VERSION, changedAt: at })
    .where(inArray(aliases.label, [...labels]));
}

/** What hosts that wait for a deployment say when it ends without an artifact. Their labels. */
export async function settleWaitingAliases(
  tx: Transaction,
  deploymentIds: readonly string[],
  end: { readonly state: 'failed'; readonly reason: FailureReason } | { readonly state: 'gone' },
  at: Date,
): Promise<string[]> {
  if (deploymentIds.length === 0) return [];
  const waiting = and(
    inArray(aliases.deploymentId, [...deploymentIds]),
    inArray(aliases.state, ['waiting', 'blocked']),
  );
  // Locked in the order of labels first: an update locks in any order.
  const rows = await tx.select().from(aliases).where(waiting).orderBy(asc(aliases.label)).for('update');
  const labels = rows.map((row) => row.label);
  if (labels.length === 0) return [];
  await tx
    .update(aliases)
    .set({ ...end, version: NEXT_VERSION, changedAt: at })
    .where(inArray(aliases.label, labels));
  return labels;
}

export async function findAlias(db: Executor, label: string): Promise<AliasRow | undefined> {
  const [row] = await db.select().from(aliases).where(eq(aliases.label, label));
  return row;
}

export async function listAliases(db: Executor, projectId: string): Promise<AliasRow[]> {
  return db.select().from(aliases).where(eq(aliases.projectId, projectId)).orderBy(asc(aliases.label));
}

/** Labels whose pointer in storage is older than the row. */
export async function listAliasesBehind(db: Executor, limit: number): Promise<string[]> {
  const rows = await db
    .select({ label: aliases.label })
    .from(aliases)
    .where(lt(aliases.projectedVersion, aliases.version))
    .orderBy(asc(aliases.label))
    .limit(limit);
  return rows.map((row) => row.label);
}

/** Storage has this version of the pointer, or a newer one. */
export async function markProjected(db: Executor, label: string, version: number): Promise<void> {
  await db
    .update(aliases)
    .set({ projectedVersion: version })
    .where(and(eq(aliases.label, label), lt(aliases.projectedVersion, version)));
}
