import { and, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import type { DeliveryOutcome } from '../domain/words.ts';
import type { Executor, Transaction } from './database.ts';
import { githubDeliveries } from './github-schema.ts';

export type GithubDeliveryRow = typeof githubDeliveries.$inferSelect;
/** A delivery with what was decided about it. */
export type DecidedDelivery = Omit<GithubDeliveryRow, 'replayedAt'>;

export interface DeliveryVerdict {
  readonly outcome: DeliveryOutcome;
  /** One sentence for people. */
  readonly reason: string;
}

/**
 * Keeps a delivery. False when one of this GUID is here already; when it is being written by somebody else at this
 * moment, this waits for the end of their transaction.
 */
export async function insertGithubDelivery(tx: Transaction, delivery: DecidedDelivery): Promise<boolean> {
  const rows = await tx
    .insert(githubDeliveries)
    .values(delivery)
    .onConflictDoNothing({ target: githubDeliveries.guid })
    .returning({ guid: githubDeliveries.guid });
  return rows.length > 0;
}

/** Holds what was decided about a delivery until the transaction ends. */
export async function lockGithubDelivery(
  tx: Transaction,
  guid: string,
): Promise<GithubDeliveryRow | undefined> {
  const [row] = await tx.select().from(githubDeliveries).where(eq(githubDeliveries.guid, guid)).for('update');
  return row;
}

/** What became of a delivery that was deferred. */
export async function decideGithubDelivery(
  tx: Transaction,
  guid: string,
  { outcome, reason }: DeliveryVerdict,
): Promise<void> {
  await tx.update(githubDeliveries).set({ outcome, reason }).where(eq(githubDeliveries.guid, guid));
}

export async function findGithubDelivery(db: Executor, guid: string): Promise<GithubDeliveryRow | undefined> {
  const [row] = await db.select().from(githubDeliveries).where(eq(githubDeliveries.guid, guid));
  return row;
}

export async function markReplayed(
  tx: Transaction,
  guid: string,
  { outcome, reason }: DeliveryVerdict,
  at: Date,
): Promise<void> {
  await tx
    .update(githubDeliveries)
    .set({ outcome, reason, replayedAt: at })
    .where(eq(githubDeliveries.guid, guid));
}

const ABOUT_INSTALLATIONS = ['installation', 'installation_repositories'];

/** Whether a later delivery tells of the same thing: an installation and its repositories, or one repository. */
export async function hasNewerDelivery(
  tx: Transaction,
  { event, installationId, repositoryId, receivedAt }: GithubDeliveryRow,
): Promise<boolean> {
  const isSame = ABOUT_INSTALLATIONS.includes(event)
    ? and(
        inArray(githubDeliveries.event, ABOUT_INSTALLATIONS),
        eq(githubDeliveries.installationId, installationId ?? 0),
      )
    : and(eq(githubDeliveries.event, event), eq(githubDeliveries.repositoryId, repositoryId ?? 0));
  const rows = await tx
    .select({ guid: githubDeliveries.guid })
    .from(githubDeliveries)
    .where(and(gt(githubDeliveries.receivedAt, receivedAt), isSame))
    .limit(1);
  return rows.length > 0;
}

/** Removes deliveries of before `moment`, `limit` at a time; how many went. */
export async function removeOldGithubDeliveries(db: Executor, moment: Date, limit: number): Promise<number> {
  const old = db
    .select({ guid: githubDeliveries.guid })
    .from(githubDeliveries)
    .where(lt(githubDeliveries.receivedAt, moment))
    .limit(limit);
  const removed = await db
    .delete(githubDeliveries)
    .where(sql`${githubDeliveries.guid} in ${old}`)
    .returning({ guid: githubDeliveries.guid });
  return removed.length;
}
