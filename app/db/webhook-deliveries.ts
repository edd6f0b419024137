import { and, asc, desc, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm';
import { isId } from '../../contracts/ids.ts';
import type { Executor, Transaction } from './database.ts';
import type { CreatedCursor } from './projects.ts';
import { webhookDeliveries, webhooks } from './schema.ts';
import type { WebhookRow } from './webhooks.ts';

export type DeliveryRow = typeof webhookDeliveries.$inferSelect;
export type NewDelivery = typeof webhookDeliveries.$inferInsert;
/** What a try has come to. */
export type DeliveryResult = Pick<
  DeliveryRow,
  'status' | 'dueAt' | 'responseStatus' | 'responseBody' | 'error' | 'tookMs'
>;

export interface ClaimedDelivery {
  readonly delivery: DeliveryRow;
  readonly webhook: WebhookRow;
}

/** Writes a delivery once: undefined when the same webhook was told the same of the same deployment before. */
export async function insertDelivery(
  tx: Transaction,
  delivery: NewDelivery,
): Promise<DeliveryRow | undefined> {
  const [row] = await tx.insert(webhookDeliveries).values(delivery).onConflictDoNothing().returning();
  return row;
}

/** At most `limit` deliveries of a webhook after the cursor, newest first. */
export async function listDeliveries(
  db: Executor,
  webhookId: string,
  page: { readonly after: CreatedCursor | undefined; readonly limit: number },
): Promise<DeliveryRow[]> {
  return db
    .select()
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.webhookId, webhookId), page.after && isAfter(page.after)))
    .orderBy(desc(webhookDeliveries.createdAt), asc(webhookDeliveries.id))
    .limit(page.limit);
}

/** Any text may be asked for. */
export async function findDelivery(
  db: Executor,
  webhookId: string,
  id: string,
): Promise<DeliveryRow | undefined> {
  if (!isId(id)) return undefined;
  const [row] = await db.select().from(webhookDeliveries).where(isOf(webhookId, id));
  return row;
}

/**
 * Takes a delivery whose time has come: nobody else sends it until `lostAt`, when whoever took it must have died. A
 * webhook is told one thing at a time, so that a receiver that hangs holds up nobody but itself: the lock on its row
 * orders those who look at the same moment, and the second statement sees what the one before has committed.
 */
export async function claimDueDelivery(
  db: { transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> },
  at: Date,
  lostAt: Date,
): Promise<ClaimedDelivery | undefined> {
  return db.transaction(async (tx) => {
    const webhook = await lockDueWebhook(tx, at);
    if (webhook === undefined) return undefined;
    const due = tx
      .select({ id: webhookDeliveries.id })
      .from(webhookDeliveries)
      .where(and(eq(webhookDeliveries.webhookId, webhook.id), lte(webhookDeliveries.dueAt, at), isIdle(at)))
      .orderBy(asc(webhookDeliveries.dueAt), asc(webhookDeliveries.id))
      .limit(1);
    const [delivery] = await tx
      .update(webhookDeliveries)
      .set({ status: 'sending', dueAt: lostAt, triedAt: at, tries: sql`${webhookDeliveries.tries} + 1` })
      .where(inArray(webhookDeliveries.id, due))
      .returning();
    return delivery && { delivery, webhook };
  });
}

/** A webhook that waits longest for something and that nobody is telling anything now. */
async function lockDueWebhook(tx: Transaction, at: Date): Promise<WebhookRow | undefined> {
  const [row] = await tx
    .select({ webhook: webhooks })
    .from(webhookDeliveries)
    .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
    .where(and(lte(webhookDeliveries.dueAt, at), isIdle(at)))
    .orderBy(asc(webhookDeliveries.dueAt), asc(webhookDeliveries.id))
    .limit(1)
    .for('no key update', { of: webhooks, skipLocked: true });
  return row?.webhook;
}

/** Nothing is on its way to the delivery's webhook. */
function isIdle(at: Date) {
  return sql`not exists (
    select from ${webhookDeliveries} as other
    where other.webhook_id = ${webhookDeliveries.webhookId}
      and other.status = 'sending' and other.due_at > ${at.toISOString()})`;
}

/** Writes what a try has come to; false when it took so long that another one has begun, or the webhook is gone. */
export async function recordDelivery(
  db: Executor,
  { id, dueAt }: Pick<DeliveryRow, 'id' | 'dueAt'>,
  result: DeliveryResult,
): Promise<boolean> {
  const rows = await db
    .update(webhookDeliveries)
    .set(result)
    .where(
      and(
        eq(webhookDeliveries.id, id),
        eq(webhookDeliveries.status, 'sending'),
        dueAt === null ? undefined : eq(webhookDeliveries.dueAt, dueAt),
      ),
    )
    .returning({ id: webhookDeliveries.id });
  return rows.length > 0;
}

/** A try that was broken off does not count: the delivery is due again at once. */
export async function releaseDelivery(
  db: Executor,
  { id, dueAt }: Pick<DeliveryRow, 'id' | 'dueAt'>,
  at: Date,
): Promise<void> {
  await db
    .update(webhookDeliveries)
    .set({ status: 'waiting', dueAt: at, tries: sql`${webhookDeliveries.tries} - 1` })
    .where(
      and(
        eq(webhookDeliveries.id, id),
        eq(webhookDeliveries.status, 'sending'),
        dueAt === null ? undefined : eq(webhookDeliveries.dueAt, dueAt),
      ),
    );
}

/** Makes a delivery due now, with all its tries; one that is on its way stays as it is. */
export async function renewDelivery(
  db: Executor,
  webhookId: string,
  id: string,
  at: Date,
): Promise<DeliveryRow | undefined> {
  const [row] = await db
    .update(webhookDeliveries)
    .set({ status: 'waiting', dueAt: at, tries: 0 })
    .where(and(isOf(webhookId, id), sql`${webhookDeliveries.status} <> 'sending'`))
    .returning();
  return row;
}

/** Whether a delivery's time has come, or whoever sent it is lost. */
export async function hasDueDelivery(db: Executor, at: Date): Promise<boolean> {
  const rows = await db
    .select({ id: webhookDeliveries.id })
    .from(webhookDeliveries)
    .where(and(isNotNull(webhookDeliveries.dueAt), lte(webhookDeliveries.dueAt, at)))
    .limit(1);
  return rows.length > 0;
}

/** Removes deliveries that are over and older than `before`, or too many of their webhook; how many they were. */
export async function deleteOldDeliveries(
  db: Executor,
  before: Date,
  keepPerWebhook: number,
  limit: number,
): Promise<number> {
  const { id, webhookId, createdAt, dueAt } = webhookDeliveries;
  const place = sql<number>`row_number() over (partition by ${webhookId} order by ${createdAt} desc, ${id})`;
  const ranked = db
    .select({ id, createdAt, dueAt, place: place.as('place') })
    .from(webhookDeliveries)
    .as('ranked');
  const old = db
    .select({ id: ranked.id })
    .from(ranked)
    .where(
      sql`${ranked.dueAt} is null and (${ranked.place} > ${keepPerWebhook} or ${ranked.createdAt} < ${before.toISOString()})`,
    )
    .limit(limit);
  const rows = await db.delete(webhookDeliveries).where(inArray(id, old)).returning({ id });
  return rows.length;
}

function isOf(webhookId: string, id: string) {
  return and(eq(webhookDeliveries.webhookId, webhookId), eq(webhookDeliveries.id, id));
}

function isAfter({ createdAt, id }: CreatedCursor) {
  const at = new Date(createdAt).toISOString();
  return sql`(${webhookDeliveries.createdAt} < ${at} or (${webhookDeliveries.createdAt} = ${at} and ${webhookDeliveries.id} > ${id}))`;
}
