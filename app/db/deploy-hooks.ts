import { and, asc, count, desc, eq, isNull, sql } from 'drizzle-orm';
import { isId } from '../../contracts/ids.ts';
import type { Executor, Transaction } from './database.ts';
import { readDatabaseTime } from './database-time.ts';
import type { CreatedCursor } from './projects.ts';
import { deployHooks, projects } from './schema.ts';

export type DeployHookRow = typeof deployHooks.$inferSelect;
export type NewDeployHook = typeof deployHooks.$inferInsert;

export async function insertDeployHook(tx: Transaction, hook: NewDeployHook): Promise<DeployHookRow> {
  const [row] = await tx.insert(deployHooks).values(hook).returning();
  if (row === undefined) throw new Error('PostgreSQL returned no row for an insert');
  return row;
}

export async function countDeployHooks(db: Executor, projectId: string): Promise<number> {
  const [row] = await db
    .select({ hooks: count() })
    .from(deployHooks)
    .where(eq(deployHooks.projectId, projectId));
  return row?.hooks ?? 0;
}

/** At most `limit` hooks of a project after the cursor, newest first. */
export async function listDeployHooks(
  db: Executor,
  projectId: string,
  page: { readonly after: CreatedCursor | undefined; readonly limit: number },
): Promise<DeployHookRow[]> {
  return db
    .select()
    .from(deployHooks)
    .where(and(eq(deployHooks.projectId, projectId), page.after && isAfter(page.after)))
    .orderBy(desc(deployHooks.createdAt), asc(deployHooks.id))
    .limit(page.limit);
}

/** The hook, while its project is not being deleted. */
export async function findDeployHook(db: Executor, id: string): Promise<DeployHookRow | undefined> {
  const [row] = await select(db).where(and(eq(deployHooks.id, id), isNull(projects.deletedAt)));
  return row?.hook;
}

/** The hook whose URL ends in the secret of this hash, with its project's slug. */
export async function findDeployHookBySecret(
  db: Executor,
  tokenHash: string,
): Promise<{ readonly hook: DeployHookRow; readonly slug: string } | undefined> {
  const [row] = await select(db).where(and(eq(deployHooks.tokenHash, tokenHash), isNull(projects.deletedAt)));
  return row;
}

/** Notes a call, at PostgreSQL's time, which it returns: of calls at once one comes after the other. */
export async function touchDeployHook(tx: Transaction, id: string): Promise<number | undefined> {
  const [row] = await tx
    .select({ id: deployHooks.id })
    .from(deployHooks)
    .where(eq(deployHooks.id, id))
    .for('update');
  if (row === undefined) return undefined;
  const now = await readDatabaseTime(tx);
  await tx
    .update(deployHooks)
    .set({ lastUsedAt: new Date(now) })
    .where(eq(deployHooks.id, id));
  return now;
}

/** False when the project has no such hook. Any text may be asked for. */
export async function deleteDeployHook(db: Executor, projectId: string, id: string): Promise<boolean> {
  if (!isId(id)) return false;
  const rows = await db
    .delete(deployHooks)
    .where(and(eq(deployHooks.projectId, projectId), eq(deployHooks.id, id)))
    .returning({ id: deployHooks.id });
  return rows.length > 0;
}

function select(db: Executor) {
  return db
    .select({ hook: deployHooks, slug: projects.slug })
    .from(deployHooks)
    .innerJoin(projects, eq(projects.id, deployHooks.projectId))
    .$dynamic();
}

function isAfter({ createdAt, id }: CreatedCursor) {
  const at = new Date(createdAt).toISOString();
  return sql`(${deployHooks.createdAt} < ${at} or (${deployHooks.createdAt} = ${at} and ${deployHooks.id} > ${id}))`;
}
