import { and, asc, count, eq, inArray, isNull, lt, lte, or, sql } from 'drizzle-orm';
import { isFinal, statusAfter, statusesBefore, type DeploymentEvent } from '../domain/transition.ts';
import type { WaitingDeployment } from '../domain/plan-launches.ts';
import type { RefKind } from '../domain/words.ts';
import type { Executor, Transaction } from './database.ts';
import { attempts, deployments, projects } from './schema.ts';

export type DeploymentRow = typeof deployments.$inferSelect;
export type NewDeployment = typeof deployments.$inferInsert;
/** What may change of a deployment besides its status. */
export type DeploymentChanges = Partial<
  Pick<
    DeploymentRow,
    | 'reason'
    | 'message'
    | 'requestedBy'
    | 'attemptsLeft'
    | 'manifest'
    | 'fileCount'
    | 'outputBytes'
    | 'framework'
    | 'phases'
    | 'heldUntil'
  >
>;

export async function insertDeployment(tx: Transaction, deployment: NewDeployment): Promise<DeploymentRow> {
  const [row] = await tx.insert(deployments).values(deployment).returning();
  if (row === undefined) throw new Error('PostgreSQL returned no row for an insert');
  return row;
}

export async function findDeployment(db: Executor, id: string): Promise<DeploymentRow | undefined> {
  const [row] = await db.select().from(deployments).where(eq(deployments.id, id));
  return row;
}

/** Holds the deployment as it is until the transaction ends. Lock it before its attempt and its aliases. */
export async function lockDeployment(tx: Transaction, id: string): Promise<DeploymentRow | undefined> {
  const [row] = await tx.select().from(deployments).where(eq(deployments.id, id)).for('update');
  return row;
}

/** As lockDeployment; undefined also when another transaction is about to change it. */
export async function tryLockDeployment(tx: Transaction, id: string): Promise<DeploymentRow | undefined> {
  const [row] = await tx
    .select()
    .from(deployments)
    .where(eq(deployments.id, id))
    .for('update', { skipLocked: true });
  return row;
}

/** Keeps the deployment from being changed or removed, but lets others do the same. */
export async function shareDeployment(tx: Transaction, id: string): Promise<DeploymentRow | undefined> {
  const [row] = await tx.select().from(deployments).where(eq(deployments.id, id)).for('share');
  return row;
}

/**
 * Writes what an event makes of a deployment; undefined where the event can't happen (any more). Every change
 * of status goes through here: the old status in the condition is what makes racing writers safe.
 */
export async function moveDeployment(
  db: Executor,
  id: string,
  event: DeploymentEvent,
  at: Date,
  changes: DeploymentChanges = {},
): Promise<DeploymentRow | undefined> {
  const status = statusAfter(event);
  const [row] = await db
    .update(deployments)
    .set({
      ...changes,
      status,
      ...(event === 'claim'
        ? { startedAt: sql`coalesce(${deployments.startedAt}, ${at.toISOString()})` }
        : {}),
      ...(isFinal(status) ? { finishedAt: at } : {}),
    })
    .where(and(eq(deployments.id, id), inArray(deployments.status, [...statusesBefore(event)])))
    .returning();
  return row;
}

export interface SupersedingRequest {
  readonly projectId: string;
  /** `branch` or `pull-request`. */
  readonly refKind: RefKind;
  readonly ref: string;
  readonly generation: number;
}

/** Older requests of a branch, or a fork's, that nobody has begun to build give way to a newer one. Their ids. */
export async function supersedeOlder(
  tx: Transaction,
  request: SupersedingRequest,
  at: Date,
): Promise<string[]> {
  const what = request.refKind === 'pull-request' ? 'pull request' : 'branch';
  const rows = await tx
    .update(deployments)
    .set({
      status: statusAfter('supersede'),
      finishedAt: at,
      message: `A newer deployment of this ${what} replaced it.`,
    })
    .where(
      and(
        eq(deployments.projectId, request.projectId),
        eq(deployments.refKind, request.refKind),
        eq(deployments.ref, request.ref),
        lt(deployments.generation, request.generation),
        inArray(deployments.status, [...statusesBefore('supersede')]),
      ),
    )
    .returning({ id: deployments.id });
  return rows.map((row) => row.id);
}

/** Retention keeps a pinned deployment. Undefined when it is gone; whoever removes one looks again under its lock. */
export async function pinDeployment(
  db: Executor,
  id: string,
  pinned: boolean,
): Promise<DeploymentRow | undefined> {
  const [row] = await db.update(deployments).set({ pinned }).where(eq(deployments.id, id)).returning();
  return row;
}

export async function requestCancel(tx: Transaction, id: string, at: Date): Promise<void> {
  await tx
    .update(deployments)
    .set({ cancelRequestedAt: at })
    .where(and(eq(deployments.id, id), isNull(deployments.cancelRequestedAt)));
}

/** The oldest deployments that a builder may take at this moment, so many of each project. */
export async function listWaiting(db: Executor, perProject: number, at: Date): Promise<WaitingDeployment[]> {
  const place = sql<number>`row_number() over (partition by ${deployments.projectId} order by ${deployments.createdAt}, ${deployments.id})`;
  const waiting = db
    .select({
      id: deployments.id,
      projectId: deployments.projectId,
      createdAt: deployments.createdAt,
      place: place.as('place'),
    })
    .from(deployments)
    .innerJoin(projects, and(eq(projects.id, deployments.projectId), isNull(projects.deletedAt)))
    .where(
      and(
        eq(deployments.status, 'queued'),
        or(isNull(deployments.heldUntil), lte(deployments.heldUntil, at)),
      ),
    )
    .as('waiting');
  const rows = await db
    .select()
    .from(waiting)
    .where(sql`${waiting.place} <= ${perProject}`);
  return rows.map(({ id, projectId, createdAt }) => ({ id, projectId, createdAt: createdAt.getTime() }));
}

/** Builders that run now, by project: attempts that have not ended. Uploads take no builder. */
export async function countOpenAttempts(db: Executor): Promise<Map<string, number>> {
  const rows = await db
    .select({ projectId: deployments.projectId, running: count() })
    .from(attempts)
    .innerJoin(deployments, eq(deployments.id, attempts.deploymentId))
    .where(and(isNull(attempts.endedAt), eq(deployments.source, 'git')))
    .groupBy(deployments.projectId);
  return new Map(rows.map((row) => [row.projectId, row.running]));
}

/** Tells people why nothing that is queued starts. Ids of the deployments that had not been told yet. */
export async function explainWaiting(db: Executor, message: string): Promise<string[]> {
  const rows = await db
    .update(deployments)
    .set({ message })
    .where(and(eq(deployments.status, 'queued'), sql`${deployments.message} is distinct from ${message}`))
    .returning({ id: deployments.id });
  return rows.map((row) => row.id);
}

/** Deployments whose artifact is complete but which are not activated yet. */
export async function listPublished(db: Executor, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: deployments.id })
    .from(deployments)
    .where(and(eq(deployments.status, 'building'), sql`${deployments.manifest} is not null`))
    .orderBy(asc(deployments.createdAt))
    .limit(limit);
  return rows.map((row) => row.id);
}

/** Deployments of a branch that have not come to their end. */
export async function listUnfinishedOfBranch(
  db: Executor,
  projectId: string,
  branch: string,
): Promise<string[]> {
  return listUnfinishedOf(db, { projectId, refKind: 'branch', ref: branch });
}

/** Deployments of a branch, or of a fork's pull request, that have not come to their end. */
export async function listUnfinishedOf(
  db: Executor,
  of: Omit<SupersedingRequest, 'generation'>,
): Promise<string[]> {
  const rows = await db
    .select({ id: deployments.id })
    .from(deployments)
    .where(
      and(
        eq(deployments.projectId, of.projectId),
        eq(deployments.refKind, of.refKind),
        eq(deployments.ref, of.ref),
        inArray(deployments.status, [...statusesBefore('cancel')]),
      ),
    )
    .orderBy(asc(deployments.id));
  return rows.map((row) => row.id);
}
