import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Variants } from '../../contracts/manifest.ts';
import { type Executor, queryRows, type Transaction } from './database.ts';
import { blobs } from './schema.ts';

export type BlobRow = typeof blobs.$inferSelect;

export interface AnnouncedBlob {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Rows of one statement: PostgreSQL takes 65,535 parameters, and a list of this length is planned quickly. */
const CHUNK = 1_000;

/**
 * A publish names these contents: they are young from now on. Returns their rows.
 *
 * Every row is written, not only missing ones: the row lock makes a collection of garbage that has just chosen
 * the blob come before this, and then it is announced as a new one, or after it, and then it is young.
 */
export async function announceBlobs(
  db: Executor,
  projectId: string,
  announced: readonly AnnouncedBlob[],
  at: Date,
): Promise<BlobRow[]> {
  // In one order everywhere, so that two publishes of the same files can't wait for each other.
  const unique = [...new Map(announced.map((blob) => [blob.sha256, blob])).values()];
  const sorted = unique.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  return db
    .insert(blobs)
    .values(
      sorted.map(({ sha256, sizeBytes }) => ({
        projectId,
        sha256,
        sizeBytes,
        variants: {},
        announcedAt: at,
      })),
    )
    .onConflictDoUpdate({
      target: [blobs.projectId, blobs.sha256],
      set: {
        announcedAt: sql`greatest(${blobs.announcedAt}, excluded.announced_at)`,
        // What is proved stays; what was only said before may have been said wrongly.
        sizeBytes: sql`case when ${blobs.storedAt} is null then excluded.size_bytes else ${blobs.sizeBytes} end`,
      },
    })
    .returning();
}

/** The rows of these contents, by SHA-256. */
export async function findBlobs(
  db: Executor,
  projectId: string,
  sha256s: readonly string[],
): Promise<Map<string, BlobRow>> {
  const found = new Map<string, BlobRow>();
  for (let at = 0; at < sha256s.length; at += CHUNK) {
    const rows = await db
      .select()
      .from(blobs)
      .where(and(eq(blobs.projectId, projectId), inArray(blobs.sha256, sha256s.slice(at, at + CHUNK))));
    for (const row of rows) found.set(row.sha256, row);
  }
  return found;
}

export interface StoredBlob {
  readonly sha256: string;
  /** That were found in storage; variants that the row has already stay. */
  readonly variants: Variants;
}

/** These contents and variants are proved to be in storage. Throws when a row is gone: it was collected. */
export async function markBlobsStored(
  tx: Transaction,
  projectId: string,
  stored: readonly StoredBlob[],
  at: Date,
): Promise<void> {
  const sorted = stored.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  for (let from = 0; from < sorted.length; from += CHUNK) {
    const chunk = sorted.slice(from, from + CHUNK);
    const updated = await updateStored(tx, projectId, chunk, at);
    if (updated === chunk.length) continue;
    throw new Error(
      `${chunk.length - updated} blobs of project ${projectId} vanished while they were published`,
    );
  }
}

async function updateStored(
  tx: Transaction,
  projectId: string,
  chunk: readonly StoredBlob[],
  at: Date,
): Promise<number> {
  const shas = chunk.map(({ sha256 }) => sha256);
  // Locked in the order of announceBlobs first: an update that joins locks in any order.
  await tx
    .select({ sha256: blobs.sha256 })
    .from(blobs)
    .where(and(eq(blobs.projectId, projectId), inArray(blobs.sha256, shas)))
    .orderBy(blobs.sha256)
    .for('update');
  const rows = await queryRows(
    tx,
    sql`
    update blobs
    set stored_at = coalesce(blobs.stored_at, ${at.toISOString()}::timestamptz),
        variants = blobs.variants || found.variants
    from jsonb_to_recordset(${JSON.stringify(chunk)}::jsonb) as found (sha256 text, variants jsonb)
    where blobs.project_id = ${projectId} and blobs.sha256 = found.sha256
    returning blobs.sha256`,
  );
  return rows.length;
}
