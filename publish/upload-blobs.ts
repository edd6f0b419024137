import { hash } from 'node:crypto';
import type { PresignedPut, UploadObject } from '../contracts/build-report.ts';
import type { Variants } from '../contracts/manifest.ts';
import { type AppClient, RequestAborted } from './protocol/app-client.ts';
import { backoffMs, isTransient, wait } from './protocol/backoff.ts';
import { sendRequest } from './protocol/http-request.ts';
import { MAX_COMPRESSED_BYTES, MIN_COMPRESSED_BYTES, compress } from './compress.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { OutputProblem } from './output-problem.ts';
import { openStream, readWhole } from './read-file.ts';
import type { OutputFile } from './walk-output.ts';

const UPLOADS_AT_ONCE = 16;
/** Enough to keep all of Node's four pool threads busy. */
const COMPRESSIONS_AT_ONCE = 4;
/**
 * One group is compressed while the group before it is uploaded: memory holds two groups and
 * their variants. With its variants a group stays far below MAX_BLOBS_PER_REQUEST objects.
 */
const GROUP_BLOBS = 64;
const GROUP_BYTES = 16 * 1024 * 1024;
const PUT_TIMEOUT_MS = 120_000;
const ALREADY_THERE = 412;
/** S3: two conditional writes of one key at once. */
const CONFLICT = 409;

/** A content that storage does not have yet, and one file that has it. */
export interface MissingBlob {
  readonly sha256: string;
  readonly file: OutputFile;
  readonly isCompressible: boolean;
}

export interface UploadContext {
  readonly client: Pick<AppClient, 'presignUploads'>;
  readonly signal: AbortSignal;
  /** How long a PUT is repeated while storage can't be reached. */
  readonly patienceMs: number;
  readonly monotonicMs: () => number;
  readonly random: () => number;
}

export interface UploadSummary {
  /** By content: the variants that were made. */
  readonly variants: ReadonlyMap<string, Variants>;
  readonly objects: number;
  readonly sentBytes: number;
}

/** Stores the blobs and their variants. Throws OutputProblem when storage refuses one or stays out of reach. */
export async function uploadBlobs(
  blobs: readonly MissingBlob[],
  context: UploadContext,
): Promise<UploadSummary> {
  const variants = new Map<string, Variants>();
  let [objects, sentBytes] = [0, 0];
  const groups = groupBlobs(blobs);
  let prepared = prepareGroup(groups[0]);
  for (const index of groups.keys()) {
    const uploads = await prepared;
    prepared = prepareGroup(groups[index + 1]);
    const [put] = await Promise.allSettled([putGroup(uploads, context), prepared]);
    if (put.status === 'rejected') throw put.reason;
    objects += uploads.length;
    for (const { object } of uploads) {
      sentBytes += object.sizeBytes;
      addVariant(variants, object);
    }
  }
  return { variants, objects, sentBytes };
}

function addVariant(variants: Map<string, Variants>, { sha256, coding, sizeBytes }: UploadObject): void {
  const known = variants.get(sha256) ?? {};
  variants.set(sha256, coding === null ? known : { ...known, [coding]: sizeBytes });
}

interface Upload {
  readonly object: UploadObject;
  readonly source: Buffer | OutputFile;
}

function groupBlobs(blobs: readonly MissingBlob[]): MissingBlob[][] {
  const groups: MissingBlob[][] = [];
  let groupBytes = 0;
  for (const blob of blobs) {
    const last = groups.at(-1);
    const isFull =
      last === undefined || last.length === GROUP_BLOBS || groupBytes + heldBytes(blob) > GROUP_BYTES;
    if (isFull) groups.push([blob]);
    else last.push(blob);
    groupBytes = heldBytes(blob) + (isFull ? 0 : groupBytes);
  }
  return groups;
}

/** Files that are not compressed are streamed, and hold no memory. */
function heldBytes(blob: MissingBlob): number {
  return isCompressed(blob) ? blob.file.sizeBytes : 0;
}

function isCompressed({ isCompressible, file: { sizeBytes } }: MissingBlob): boolean {
  return isCompressible && sizeBytes >= MIN_COMPRESSED_BYTES && sizeBytes <= MAX_COMPRESSED_BYTES;
}

async function prepareGroup(group: readonly MissingBlob[] = []): Promise<Upload[]> {
  return (await mapConcurrently(group, COMPRESSIONS_AT_ONCE, prepareBlob)).flat();
}

async function prepareBlob(blob: MissingBlob): Promise<Upload[]> {
  const { sha256, file } = blob;
  const object = { sha256, coding: null, bodySha256: sha256, sizeBytes: file.sizeBytes };
  if (!isCompressed(blob)) return [{ object, source: file }];
  const content = await readWhole(file);
  const variants = await compress(content);
  return [
    { object, source: content },
    ...variants.map(({ coding, body }) => ({
      object: { sha256, coding, bodySha256: hash('sha256', body, 'hex'), sizeBytes: body.length },
      source: body,
    })),
  ];
}

async function putGroup(uploads: readonly Upload[], context: UploadContext): Promise<void> {
  const objects = uploads.map(({ object }) => object);
  const { puts } = await context.client.presignUploads({ objects }, context.signal);
  const pairs = uploads.map((upload, index) => ({ upload, put: puts[index] }));
  await mapConcurrently(pairs, UPLOADS_AT_ONCE, async ({ upload, put }) => {
    if (put === undefined)
      throw new OutputProblem('publish_failed', 'The app gave fewer upload addresses than objects.');
    await putObject(upload, put, context);
  });
}

async function putObject(upload: Upload, put: PresignedPut, context: UploadContext): Promise<void> {
  const { signal, monotonicMs, patienceMs, random } = context;
  const startedAt = monotonicMs();
  for (let failures = 0; ;) {
    const outcome = await putOnce(upload, put, signal);
    if (outcome === 'stored') return;
    if (signal.aborted) throw new RequestAborted('the upload was ended');
    if (!outcome.mayRetry || monotonicMs() - startedAt >= patienceMs)
      throw new OutputProblem(
        'publish_failed',
        `Storage did not take an object of the output: ${outcome.message}`,
      );
    await wait(backoffMs(++failures, random), signal);
  }
}

async function putOnce(
  { object, source }: Upload,
  { url, headers }: PresignedPut,
  signal: AbortSignal,
): Promise<'stored' | { mayRetry: boolean; message: string }> {
  const body = Buffer.isBuffer(source)
    ? source
    : { sizeBytes: object.sizeBytes, stream: await openStream(source) };
  try {
    const answer = await sendRequest({
      method: 'PUT',
      url,
      headers,
      body,
      timeoutMs: PUT_TIMEOUT_MS,
      signal,
    });
    if (answer.status === ALREADY_THERE || (answer.status >= 200 && answer.status < 300)) return 'stored';
    const message = `${answer.status} ${answer.body.toString('utf8', 0, 300)}`;
    return { mayRetry: isTransient(answer.status) || answer.status === CONFLICT, message };
  } catch (error) {
    return { mayRetry: true, message: String(error) };
  } finally {
    if (!Buffer.isBuffer(body)) body.stream.destroy();
  }
}
