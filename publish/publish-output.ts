import { MAX_BLOBS_PER_REQUEST } from '../contracts/build-report.ts';
import type { Manifest, ManifestFile, Variants } from '../contracts/manifest.ts';
import type { FailureReason } from '../contracts/phases.ts';
import { formatBytes, formatCount, formatDuration, formatNumber } from './format.ts';
import { AppRefusal, type AppClient } from './protocol/app-client.ts';
import { contentTypeOf, isCompressible } from './content-type.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { OutputProblem } from './output-problem.ts';
import { createMeter } from './progress.ts';
import { hashFile } from './read-file.ts';
import { type MissingBlob, type UploadContext, uploadBlobs } from './upload-blobs.ts';
import {
  type OutputFile,
  type OutputWalk,
  type WalkOrder,
  formatOutputFolder,
  walkOutput,
} from './walk-output.ts';

/** Reading is bound by the disk and by Node's pool of four threads. */
const HASHES_AT_ONCE = 8;

export interface PublishOrder extends WalkOrder, Omit<UploadContext, 'client'> {
  readonly client: Pick<AppClient, 'findBlobs' | 'presignUploads'>;
  /** One line of the log for people. */
  readonly say: (text: string) => void;
}

export type PublishResult =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly reason: FailureReason; readonly message: string };

/**
 * Stores the output folder's contents, each once, and returns its manifest. Rejects with RequestAborted or the
 * signal's reason when it was ended from outside; anything else that can be wrong is the result.
 */
export async function publishOutput(order: PublishOrder): Promise<PublishResult> {
  try {
    return { ok: true, manifest: await publish(order) };
  } catch (error) {
    if (error instanceof OutputProblem) return { ok: false, reason: error.reason, message: error.message };
    if (error instanceof AppRefusal) return { ok: false, reason: 'publish_failed', message: error.message };
    throw error;
  }
}

interface HashedFile {
  readonly file: OutputFile;
  readonly sha256: string;
  readonly contentType: string;
}

async function publish(order: PublishOrder): Promise<Manifest> {
  const walk = await walkOutput(order);
  sayWhatWasFound(walk, order);
  const hashed = await hashAll(walk, order);
  const unique = uniqueContents(hashed);
  const stored = await findStored(unique, order);
  const missing = unique.filter(({ sha256 }) => !stored.has(sha256));
  const startedAt = order.monotonicMs();
  const uploaded = await uploadBlobs(missing, order);
  const compressed = uploaded.objects - missing.length;
  order.say(
    `Uploaded ${formatCount(missing.length, 'new content')} and ${formatCount(compressed, 'compressed variant')} ` +
      `(${formatBytes(uploaded.sentBytes)}) in ${formatDuration(order.monotonicMs() - startedAt)}. ` +
      `Stored already: ${formatNumber(stored.size)}.`,
  );
  return manifestOf(hashed, new Map([...stored, ...uploaded.variants]));
}

async function hashAll({ files, totalBytes }: OutputWalk, order: PublishOrder): Promise<HashedFile[]> {
  const meter = createMeter({ step: 'hashing', total: files.length, totalBytes }, order.onProgress);
  return mapConcurrently(files, HASHES_AT_ONCE, async (file) => {
    order.signal.throwIfAborted();
    const sha256 = await hashFile(file);
    meter.move(file.sizeBytes);
    meter.finish();
    return { file, sha256, contentType: contentTypeOf(file.path) };
  });
}

function sayWhatWasFound({ files, totalBytes, leftOut }: OutputWalk, order: PublishOrder): void {
  const { say, words } = order;
  if (leftOut !== undefined) say(leftOut);
  if (files.length === 0) throw new OutputProblem('output_missing', words.empty(formatOutputFolder(order)));
  say(`Publishing ${formatCount(files.length, 'file')} (${formatBytes(totalBytes)}).`);
  const hasIndex = files.some(({ path }) => path === 'index.html');
  if (!hasIndex)
    say(`The ${words.noun} has no index.html at its top: the address of the site itself will answer 404.`);
}

/** One file for each content. A content is compressible when any of its files is. */
function uniqueContents(hashed: readonly HashedFile[]): MissingBlob[] {
  const bySha256 = new Map<string, MissingBlob>();
  for (const { sha256, file, contentType } of hashed) {
    const known = bySha256.get(sha256);
    if (known?.isCompressible !== true)
      bySha256.set(sha256, { sha256, file, isCompressible: isCompressible(contentType) });
  }
  return [...bySha256.values()];
}

/** Variants of the contents that storage has. */
async function findStored(
  blobs: readonly MissingBlob[],
  order: PublishOrder,
): Promise<Map<string, Variants>> {
  const stored = new Map<string, Variants>();
  for (let start = 0; start < blobs.length; start += MAX_BLOBS_PER_REQUEST) {
    const page = blobs
      .slice(start, start + MAX_BLOBS_PER_REQUEST)
      .map(({ sha256, file }) => ({ sha256, sizeBytes: file.sizeBytes }));
    const reply = await order.client.findBlobs({ blobs: page }, order.signal);
    for (const { sha256, variants } of reply.stored) stored.set(sha256, variants);
  }
  return stored;
}

function manifestOf(hashed: readonly HashedFile[], variants: ReadonlyMap<string, Variants>): Manifest {
  const files = hashed.map(({ file, sha256, contentType }): [string, ManifestFile] => [
    file.path,
    { sha256, sizeBytes: file.sizeBytes, contentType, variants: variants.get(sha256) ?? {} },
  ]);
  return { version: 1, files: Object.fromEntries(files) };
}
