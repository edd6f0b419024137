import { createHash } from 'node:crypto';
import { type Coding, formatManifest, type Manifest, type Variants } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { findBlobs, type StoredBlob } from '../db/blobs.ts';
import type { Artifact } from '../db/build-progress.ts';
import type { Executor } from '../db/database.ts';
import {
  checkManifest,
  type KnownBlob,
  listUnproved,
  type NeededObject,
  outputBytesOf,
  type OutputLimits,
  settleVariants,
} from '../domain/check-manifest.ts';
import { keyOf } from './presign-uploads.ts';

export interface ProveArtifactDependencies {
  readonly db: Executor;
  readonly storage: Pick<BlobStore, 'sizeOf'>;
  readonly limits: OutputLimits;
}

export type ProvedArtifact =
  | {
      readonly ok: true;
      readonly projectId: string;
      /** What the manifest's object must hold. */
      readonly body: Buffer;
      readonly artifact: Omit<Artifact, 'framework'>;
      readonly proved: readonly StoredBlob[];
    }
  | { readonly ok: false; readonly message: string };

const LOOKS_AT_ONCE = 16;

/**
 * Proves that storage has everything a manifest names, asking only for what was not proved before (`proved`). Writes
 * nothing: the transaction that ends the attempt does.
 */
export async function proveArtifact(
  projectId: string,
  manifest: Manifest,
  { db, storage, limits }: ProveArtifactDependencies,
): Promise<ProvedArtifact> {
  const known = await findKnown(db, projectId, manifest);
  const problem = checkManifest(manifest, limits, known);
  if (problem !== undefined) return { ok: false, message: problem };
  const unproved = listUnproved(manifest, known);
  const sizes = await findSizes(projectId, unproved, storage);
  const missing = unproved.find((object) => !isThere(object, sizes));
  if (missing !== undefined) return { ok: false, message: describeMissing(missing, sizes) };
  const settled = settleVariants(
    manifest,
    (sha256, coding) => known.get(sha256)?.variants[coding] ?? sizes.get(nameOf({ sha256, coding })),
  );
  const body = Buffer.from(formatManifest(settled));
  const artifact = {
    manifest: createHash('sha256').update(body).digest('hex'),
    fileCount: Object.keys(manifest.files).length,
    outputBytes: outputBytesOf(manifest),
  };
  return { ok: true, projectId, body, artifact, proved: listProved(unproved, settled) };
}

async function findKnown(
  db: Executor,
  projectId: string,
  { files }: Manifest,
): Promise<Map<string, KnownBlob>> {
  const sha256s = [...new Set(Object.values(files).map((file) => file.sha256))];
  const rows = await findBlobs(db, projectId, sha256s);
  return new Map(
    [...rows].map(([sha256, { sizeBytes, variants, storedAt }]) => [
      sha256,
      { sizeBytes, variants, isStored: storedAt !== null },
    ]),
  );
}

function nameOf({ sha256, coding }: { sha256: string; coding: Coding | null }): string {
  return coding === null ? sha256 : `${sha256}.${coding}`;
}

/** By nameOf. */
async function findSizes(
  projectId: string,
  objects: readonly NeededObject[],
  storage: Pick<BlobStore, 'sizeOf'>,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const queue = objects.values();
  async function look(): Promise<void> {
    for (const object of queue) {
      const sizeBytes = await storage.sizeOf(keyOf(projectId, object));
      if (sizeBytes !== undefined) sizes.set(nameOf(object), sizeBytes);
    }
  }
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, look));
  return sizes;
}

/** Of a variant any size will do: see settleVariants. */
function isThere(object: NeededObject, sizes: ReadonlyMap<string, number>): boolean {
  const sizeBytes = sizes.get(nameOf(object));
  return object.coding === null ? sizeBytes === object.sizeBytes : sizeBytes !== undefined;
}

function describeMissing(object: NeededObject, sizes: ReadonlyMap<string, number>): string {
  const { sha256, coding, sizeBytes } = object;
  const what = coding === null ? `The blob ${sha256}` : `The ${coding} variant of ${sha256}`;
  const found = sizes.get(nameOf(object));
  if (found === undefined) return `${what} is not in storage: it was never uploaded.`;
  return `${what} has ${found} bytes in storage, not ${sizeBytes}.`;
}

/** The blobs of which something is newly proved, with the variants that they are settled to have. */
function listProved(unproved: readonly NeededObject[], { files }: Manifest): StoredBlob[] {
  const touched = new Set(unproved.map(({ sha256 }) => sha256));
  const proved = new Map<string, Variants>();
  for (const { sha256, variants } of Object.values(files)) {
    if (touched.has(sha256)) proved.set(sha256, { ...proved.get(sha256), ...variants });
  }
  return [...proved].map(([sha256, variants]) => ({ sha256, variants }));
}
