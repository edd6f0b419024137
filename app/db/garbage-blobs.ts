import { and, asc, eq, gt, inArray, isNull, lt } from 'drizzle-orm';
import type { Executor, Transaction } from './database.ts';
import { blobs } from './schema.ts';

/** Blobs that no publish has named since a moment, in the order of their SHA-256. */
export async function listOldBlobs(
  db: Executor,
  projectId: string,
  before: Date,
  page: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const rows = await db
    .select({ sha256: blobs.sha256 })
    .from(blobs)
    .where(and(eq(blobs.projectId, projectId), lt(blobs.announcedAt, before), gt(blobs.sha256, page.after)))
    .orderBy(asc(blobs.sha256))
    .limit(page.limit);
  return rows.map((row) => row.sha256);
}

/**
 * Forgets that storage has these blobs, as far as they are still old: from the commit on a publish that names one
 * uploads it again. So a crash between removing objects and deleting rows can't make a publish rely on what is gone.
 */
export async function forgetStored(
  tx: Transaction,
  projectId: string,
  sha256s: readonly string[],
  before: Date,
): Promise<string[]> {
  const old = await lockOld(tx, projectId, sha256s, before);
  if (old.length === 0) return [];
  await tx
    .update(blobs)
    .set({ storedAt: null, variants: {} })
    .where(and(eq(blobs.projectId, projectId), inArray(blobs.sha256, old)));
  return old;
}

/** Of forgotten blobs those that nobody has named or uploaded since; a publish that names one waits until commit. */
export async function lockForgotten(
  tx: Transaction,
  projectId: string,
  sha256s: readonly string[],
  before: Date,
): Promise<string[]> {
  return lockOld(tx, projectId, sha256s, before, true);
}

export async function deleteBlobs(
  tx: Transaction,
  projectId: string,
  sha256s: readonly string[],
): Promise<void> {
  if (sha256s.length === 0) return;
  await tx.delete(blobs).where(and(eq(blobs.projectId, projectId), inArray(blobs.sha256, [...sha256s])));
}

/** In the order in which publishes lock them, and without those that a publish holds at this moment. */
async function lockOld(
  tx: Transaction,
  projectId: string,
  sha256s: readonly string[],
  before: Date,
  isForgotten = false,
): Promise<string[]> {
  if (sha256s.length === 0) return [];
  const rows = await tx
    .select({ sha256: blobs.sha256 })
    .from(blobs)
    .where(
      and(
        eq(blobs.projectId, projectId),
        inArray(blobs.sha256, [...sha256s]),
        lt(blobs.announcedAt, before),
        isForgotten ? isNull(blobs.storedAt) : undefined,
      ),
    )
    .orderBy(asc(blobs.sha256))
    .for('update', { skipLocked: true });
  return rows.map((row) => row.sha256);
}
