import { and, asc, count, desc, eq, sql } from 'drizzle-orm';
import { isId } from '../../contracts/ids.ts';
import type { WebhookEvent } from '../domain/words.ts';
import type { Executor, Transaction } from './database.ts';
import type { CreatedCursor } from './projects.ts';
import { webhooks } from './schema.ts';

export type WebhookRow = typeof webhooks.$inferSelect;
export type NewWebhook = typeof webhooks.$inferInsert;
/** What may change of a webhook. */
export type WebhookChanges = Partial<Pick<WebhookRow, 'url' | 'urlHint' | 'events'>>;

export async function insertWebhook(tx: Transaction, webhook: NewWebhook): Promise<WebhookRow> {
  const [row] = await tx.insert(webhooks).values(webhook).returning();
  if (row === undefined) throw new Error('PostgreSQL returned no row for an insert');
  return row;
}

export async function countWebhooks(db: Executor, projectId: string): Promise<number> {
  const [row] = await db
    .select({ webhooks: count() })
    .from(webhooks)
    .where(eq(webhooks.projectId, projectId));
  return row?.webhooks ?? 0;
}

/** At most `limit` webhooks of a project after the cursor, newest first. */
export async function listWebhooks(
  db: Executor,
  projectId: string,
  page: { readonly after: CreatedCursor | undefined; readonly limit: number },
): Promise<WebhookRow[]> {
  return db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.projectId, projectId), page.after && isAfter(page.after)))
    .orderBy(desc(webhooks.createdAt), asc(webhooks.id))
    .limit(page.limit);
}

/** Any text may be asked for. */
export async function findWebhook(
  db: Executor,
  projectId: string,
  id: string,
): Promise<WebhookRow | undefined> {
  if (!isId(id)) return undefined;
  const [row] = await db.select().from(webhooks).where(isOf(projectId, id));
  return row;
}

/** As findWebhook; it is kept from being deleted until the transaction ends. */
export async function shareWebhook(
  tx: Transaction,
  projectId: string,
  id: string,
): Promise<WebhookRow | undefined> {
  if (!isId(id)) return undefined;
  const [row] = await tx.select().from(webhooks).where(isOf(projectId, id)).for('key share');
  return row;
}

/**
 * The webhooks of a project that want to hear of an event. They are kept from being deleted until the transaction
 * ends: a delivery to one that is gone by then would undo the change that it tells of.
 */
export async function shareWebhooksFor(
  tx: Transaction,
  projectId: string,
  event: WebhookEvent,
): Promise<WebhookRow[]> {
  return tx
    .select()
    .from(webhooks)
    .where(
      and(eq(webhooks.projectId, projectId), sql`${webhooks.events} @> ${JSON.stringify([event])}::jsonb`),
    )
    .for('key share');
}

export async function updateWebhook(
  db: Executor,
  projectId: string,
  id: string,
  changes: WebhookChanges,
): Promise<WebhookRow | undefined> {
  const [row] = await db.update(webhooks).set(changes).where(isOf(projectId, id)).returning();
  return row;
}

/** With its deliveries. False when the project has no such webhook. Any text may be asked for. */
export async function deleteWebhook(db: Executor, projectId: string, id: string): Promise<boolean> {
  if (!isId(id)) return false;
  const rows = await db.delete(webhooks).where(isOf(projectId, id)).returning({ id: webhooks.id });
  return rows.length > 0;
}

function isOf(projectId: string, id: string) {
  return and(eq(webhooks.projectId, projectId), eq(webhooks.id, id));
}

function isAfter({ createdAt, id }: CreatedCursor) {
  const at = new Date(createdAt).toISOString();
  return sql`(${webhooks.createdAt} < ${at} or (${webhooks.createdAt} = ${at} and ${webhooks.id} > ${id}))`;
}
