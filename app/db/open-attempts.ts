import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { AttemptStatus } from '../domain/words.ts';
import type { Executor, Transaction } from './database.ts';
import { attempts, deployments } from './schema.ts';

export type AttemptRow = typeof attempts.$inferSelect;

export interface NewAttempt {
  readonly id: string;
  readonly deploymentId: string;
  readonly tokenHash: string;
  readonly launcher: string;
  /** Until when its builder must have claimed. */
  readonly leaseExpiresAt: Date;
  readonly createdAt: Date;
}

/** Starts the next attempt of a deployment that the transaction has locked. */
export async function insertAttempt(tx: Transaction, attempt: NewAttempt): Promise<AttemptRow> {
  const next = sql<number>`(select coalesce(max(number), 0) + 1 from attempts where deployment_id = ${attempt.deploymentId})`;
  const [row] = await tx
    .insert(attempts)
    .values({ ...attempt, number: next, status: 'launching' })
    .returning();
  if (row === undefined) throw new Error('PostgreSQL returned no row for an insert');
  return row;
}

export async function findAttempt(db: Executor, id: string): Promise<AttemptRow | undefined> {
  const [row] = await db.select().from(attempts).where(eq(attempts.id, id));
  return row;
}

/** Keeps what the launcher said about its builder; false when the attempt has ended meanwhile. */
export async function recordHandle(
  db: Executor,
  id: string,
  handle: Record<string, unknown>,
): Promise<boolean> {
  const rows = await db
    .update(attempts)
    .set({ handle })
    .where(and(eq(attempts.id, id), isNull(attempts.endedAt)))
    .returning({ id: attempts.id });
  return rows.length > 0;
}

/** Ends an attempt; undefined when it has ended before. Lock its deployment first. */
export async function endOpenAttempt(
  tx: Transaction,
  id: string,
  status: AttemptStatus,
  at: Date,
): Promise<AttemptRow | undefined> {
  const [row] = await tx
    .update(attempts)
    .set({ status, endedAt: at })
    .where(and(eq(attempts.id, id), isNull(attempts.endedAt)))
    .returning();
  return row;
}

export interface OpenAttemptRow {
  readonly attempt: AttemptRow;
  readonly cancelRequestedAt: Date | null;
}

/** Attempts that have not ended, the one whose lease ends first first. */
export async function listOpenAttempts(db: Executor, limit: number): Promise<OpenAttemptRow[]> {
  return db
    .select({ attempt: attempts, cancelRequestedAt: deployments.cancelRequestedAt })
    .from(attempts)
    .innerJoin(deployments, eq(deployments.id, attempts.deploymentId))
    .where(isNull(attempts.endedAt))
    .orderBy(asc(attempts.leaseExpiresAt))
    .limit(limit);
}

/** The attempt of a deployment that has not ended; there is one at most. */
export async function findOpenAttempt(db: Executor, deploymentId: string): Promise<AttemptRow | undefined> {
  const [row] = await db
    .select()
    .from(attempts)
    .where(and(eq(attempts.deploymentId, deploymentId), isNull(attempts.endedAt)));
  return row;
}
