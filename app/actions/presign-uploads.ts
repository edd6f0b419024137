import type { UploadObject, UploadsReply, UploadsRequest } from '../../contracts/build-report.ts';
import { blobKey, variantKey } from '../../contracts/storage-keys.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { findBlobs } from '../db/blobs.ts';
import type { Executor } from '../db/database.ts';
import type { OutputLimits } from '../domain/check-manifest.ts';
import { checkUploads } from '../domain/check-uploads.ts';

export interface PresignUploadsDependencies {
  readonly db: Executor;
  readonly storage: Pick<BlobStore, 'presignPut'>;
  readonly limits: OutputLimits;
}

export type PresignResult =
  | { readonly outcome: 'presigned'; readonly reply: UploadsReply }
  | { readonly outcome: 'refused'; readonly message: string };

/** Longer than any group of uploads takes, and far shorter than a leaked URL would be worth anything. */
const EXPIRES_IN_MS = 15 * 60_000;
/** Of stored objects: what they are to a browser stands in the manifest, and may differ from path to path. */
const CONTENT_TYPE = 'application/octet-stream';

/** URLs to which a builder may send exactly the bytes that it announced. */
export async function presignUploads(
  projectId: string,
  { objects }: UploadsRequest,
  { db, storage, limits }: PresignUploadsDependencies,
): Promise<PresignResult> {
  const sha256s = [...new Set(objects.map((object) => object.sha256))];
  const message = checkUploads(objects, await findBlobs(db, projectId, sha256s), limits);
  if (message !== undefined) return { outcome: 'refused', message };
  const puts = await Promise.all(
    objects.map(({ bodySha256, sizeBytes, ...object }) =>
      storage.presignPut({
        key: keyOf(projectId, object),
        bodySha256,
        sizeBytes,
        contentType: CONTENT_TYPE,
        expiresInMs: EXPIRES_IN_MS,
      }),
    ),
  );
  return { outcome: 'presigned', reply: { puts } };
}

/** Where storage has a blob, or one of its variants. */
export function keyOf(
  projectId: string,
  { sha256, coding }: Pick<UploadObject, 'sha256' | 'coding'>,
): string {
  return coding === null ? blobKey(projectId, sha256) : variantKey(projectId, sha256, coding);
}
