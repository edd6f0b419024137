import { CODINGS, manifestSchema } from '../../contracts/manifest.ts';
import {
  blobKey,
  manifestKey,
  manifestOfKey,
  manifestPrefix,
  variantKey,
} from '../../contracts/storage-keys.ts';
import type { BlobStore, StoredObject } from '../../storage/blob-store.ts';
import type { Database } from '../db/database.ts';
import { deleteBlobs, forgetStored, listOldBlobs, lockForgotten } from '../db/garbage-blobs.ts';
import { listManifests, lockManifest } from '../db/retention.ts';

export interface CollectBlobsDependencies {
  readonly db: Database;
  readonly storage: Pick<BlobStore, 'read' | 'list' | 'remove'>;
  readonly now: () => number;
  readonly blobGraceMs: number;
}

/** Rows that are locked at once: a publish that names one of them waits for so many removals at most. */
const BATCH = 100;

/** Removes a project's manifests that no deployment has, and its blobs that no manifest names. */
export async function collectBlobs(projectId: string, dependencies: CollectBlobsDependencies): Promise<void> {
  const before = new Date(dependencies.now() - dependencies.blobGraceMs);
  await collectManifests(projectId, before, dependencies);
  // What is published from here on is younger than `before`: a list of names that grows old does no harm.
  const named = await listNamedBlobs(projectId, dependencies);
  let after = '';
  for (;;) {
    const old = await listOldBlobs(dependencies.db, projectId, before, { after, limit: BATCH });
    const garbage = old.filter((sha256) => !named.has(sha256));
    await removeBlobs(projectId, garbage, before, dependencies);
    after = old.at(-1) ?? after;
    if (old.length < BATCH) return;
  }
}

async function collectManifests(
  projectId: string,
  before: Date,
  { db, storage }: CollectBlobsDependencies,
): Promise<void> {
  const kept = new Set(await listManifests(db, projectId));
  for await (const { key, modifiedAt } of storage.list(manifestPrefix(projectId))) {
    const manifest = manifestOfKey(key);
    if (manifest === undefined || kept.has(manifest) || modifiedAt >= before.getTime()) continue;
    await db.transaction(async (tx) => {
      const isUsed = await lockManifest(tx, projectId, manifest);
      if (!isUsed) await storage.remove([key]);
    });
  }
}

/** Throws when a manifest is missing or unreadable: what it named can't be known, so nothing may be removed. */
async function listNamedBlobs(
  projectId: string,
  dependencies: CollectBlobsDependencies,
): Promise<Set<string>> {
  const named = new Set<string>();
  for (const manifest of await listManifests(dependencies.db, projectId)) {
    const object = await readManifest(projectId, manifest, dependencies);
    if (object === undefined) continue;
    const { files } = manifestSchema.parse(JSON.parse(object.body.toString('utf8')));
    for (const { sha256 } of Object.values(files)) named.add(sha256);
  }
  return named;
}

/** Undefined when its deployments were removed since it was listed (by another collection, say): it names nothing. */
async function readManifest(
  projectId: string,
  manifest: string,
  { db, storage }: CollectBlobsDependencies,
): Promise<StoredObject | undefined> {
  const key = manifestKey(projectId, manifest);
  const found = await storage.read(key);
  if (found !== undefined) return found;
  const isUsed = await db.transaction((tx) => lockManifest(tx, projectId, manifest));
  if (!isUsed) return undefined;
  // It may have been published anew meanwhile.
  const again = await storage.read(key);
  if (again !== undefined) return again;
  throw new Error(`the manifest ${manifest} of project ${projectId} is not in storage; no blob was removed`);
}

/** In two transactions, so that a crash between them leaves blobs that are uploaded again, never missing ones. */
async function removeBlobs(
  projectId: string,
  sha256s: readonly string[],
  before: Date,
  { db, storage }: CollectBlobsDependencies,
): Promise<void> {
  const forgotten = await db.transaction((tx) => forgetStored(tx, projectId, sha256s, before));
  if (forgotten.length === 0) return;
  await db.transaction(async (tx) => {
    const removed = await lockForgotten(tx, projectId, forgotten, before);
    await storage.remove(removed.flatMap((sha256) => keysOf(projectId, sha256)));
    await deleteBlobs(tx, projectId, removed);
  });
}

function keysOf(projectId: string, sha256: string): string[] {
  const variants = CODINGS.map((coding) => variantKey(projectId, sha256, coding));
  return [blobKey(projectId, sha256), ...variants];
}
