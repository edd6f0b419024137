import type { BlobsReply, BlobsRequest } from '../../contracts/build-report.ts';
import { announceBlobs as announce } from '../db/blobs.ts';
import type { Executor } from '../db/database.ts';

export type AnnounceResult =
  | { readonly outcome: 'announced'; readonly reply: BlobsReply }
  | { readonly outcome: 'refused'; readonly message: string };

/** Says which contents storage has already. All of them are kept from now on until the publish has ended. */
export async function announceBlobs(
  projectId: string,
  { blobs }: BlobsRequest,
  { db, now }: { readonly db: Executor; readonly now: () => number },
): Promise<AnnounceResult> {
  const rows = await announce(db, projectId, blobs, new Date(now()));
  const sizes = new Map(rows.map((row) => [row.sha256, row.sizeBytes]));
  const wrong = blobs.find((blob) => sizes.get(blob.sha256) !== blob.sizeBytes);
  if (wrong !== undefined) {
    const message = `The blob ${wrong.sha256} has ${sizes.get(wrong.sha256)} bytes, not ${wrong.sizeBytes}: did the file change while it was read?`;
    return { outcome: 'refused', message };
  }
  const stored = rows
    .filter((row) => row.storedAt !== null)
    .map(({ sha256, variants }) => ({ sha256, variants }));
  return { outcome: 'announced', reply: { stored } };
}
