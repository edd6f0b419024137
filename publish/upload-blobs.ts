import { hash } from 'node:crypto';
import type { PresignedPut, UploadObject } from '../contracts/build-report.ts';
import type { Variants } from '../contracts/manifest.ts';
import { type AppClient, RequestAborted } from './protocol/app-client.ts';
import { backoffMs, isTransient, wait } from './protocol/backoff.ts';
import { type HttpRequest, sendRequest } from './protocol/http-request.ts';
import { MAX_COMPRESSED_BYTES, MIN_COMPRESSED_BYTES, compress } from './compress.ts';
import { mapConcurrently } from './map-concurrently.ts';
import { OutputProblem } from './output-problem.ts';
import { createMeter, type Meter, type ReportProgress } from './progress.ts';
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
/**
 * Sixteen large files share one connection, maybe a slow one at home: a PUT is given up when nothing moves any more.
 * What the kernel holds, some megabytes, moves without our seeing it.
 */
const PUT_IDLE_TIMEOUT_MS = 120_000;
const PUT_TIMEOUT_MS = 30 * 60_000;
/** Presigned URLs hold for a quarter of an hour; the last PUT of a large group may begin later than that. */
const FRESH_URL_MS = 10 * 60_000;
/** Of one object. */
const MAX_BROKEN_OFF = 5;
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
  readonly onProgress?: ReportProgress | undefined;
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
  const totalBytes = blobs.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  const meter = createMeter({ step: 'uploading', total: blobs.length, totalBytes }, context.onProgress);
  let [objects, sentBytes] = [0, 0];
  const groups = groupBlobs(blobs);
  let prepared = prepareGroup(groups[0], context);
  for (const index of groups.keys()) {
    const uploads = await prepared;
    prepared = prepareGroup(groups[index + 1], context);
    const [put] = await Promise.allSettled([putGroup(uploads, meter, context), prepared]);
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

async function prepareGroup(
  group: readonly MissingBlob[] | undefined,
  { signal }: UploadContext,
): Promise<Upload[]> {
  const prepare = async (blob: MissingBlob): Promise<Upload[]> => {
    // Who cancels does not wait for megabytes to be compressed that nobody wants any more.
    signal.throwIfAborted();
    return prepareBlob(blob);
  };
  return (await mapConcurrently(group ?? [], COMPRESSIONS_AT_ONCE, prepare)).flat();
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

async function putGroup(uploads: readonly Upload[], meter: Meter, context: UploadContext): Promise<void> {
  const puts = await presign(uploads, context);
  const presignedAt = context.monotonicMs();
  const pairs = uploads.map((upload, index) => ({ upload, put: puts[index]!, presignedAt }));
  await mapConcurrently(pairs, UPLOADS_AT_ONCE, async (pair) => {
    const isContent = pair.upload.object.coding === null;
    await putObject(pair, isContent ? meter : UNCOUNTED, context);
  });
}

/** Variants are no content of anybody's: who watches sees his own files go. */
const UNCOUNTED: Meter = { move: () => {}, finish: () => {} };

async function presign(
  uploads: readonly Upload[],
  { client, signal }: UploadContext,
): Promise<readonly PresignedPut[]> {
  const { puts } = await client.presignUploads({ objects: uploads.map(({ object }) => object) }, signal);
  if (puts.length === uploads.length) return puts;
  throw new OutputProblem('publish_failed', 'The app gave fewer upload addresses than objects.');
}

interface PreparedPut {
  readonly upload: Upload;
  readonly put: PresignedPut;
  readonly presignedAt: number;
}

async function putObject(prepared: PreparedPut, meter: Meter, context: UploadContext): Promise<void> {
  const { signal, monotonicMs, patienceMs, random } = context;
  let current = prepared;
  let failingSince: number | undefined;
  let brokenOff = 0;
  for (let failures = 0; ;) {
    current = await refresh(current, context);
    const triedAt = monotonicMs();
    const outcome = await putOnce(current, meter, signal);
    if (outcome === 'stored') return meter.finish();
    if (signal.aborted) throw new RequestAborted('the upload was ended');
    const failedAt = monotonicMs();
    // A try that went on for long and then broke off was no outage: another one may come through.
    const wasUnderWay = failedAt - triedAt >= patienceMs && ++brokenOff <= MAX_BROKEN_OFF;
    if (failingSince === undefined || wasUnderWay) failingSince = failedAt;
    if (!outcome.mayRetry || failedAt - failingSince >= patienceMs)
      throw new OutputProblem('publish_failed', `Storage did not take a file: ${outcome.message}`);
    await wait(backoffMs(++failures, random), signal);
  }
}

async function refresh(prepared: PreparedPut, context: UploadContext): Promise<PreparedPut> {
  if (context.monotonicMs() - prepared.presignedAt < FRESH_URL_MS) return prepared;
  const [put] = await presign([prepared.upload], context);
  return { upload: prepared.upload, put: put!, presignedAt: context.monotonicMs() };
}

type PutOutcome = 'stored' | { readonly mayRetry: boolean; readonly message: string };

async function putOnce(
  { upload: { object, source }, put }: PreparedPut,
  meter: Meter,
  signal: AbortSignal,
): Promise<PutOutcome> {
  const body = Buffer.isBuffer(source)
    ? source
    : { sizeBytes: object.sizeBytes, stream: await openStream(source) };
  let movedBytes = 0;
  const move = (sizeBytes: number): void => {
    movedBytes += sizeBytes;
    meter.move(sizeBytes);
  };
  if (!Buffer.isBuffer(body)) body.stream.on('data', (chunk: Buffer) => move(chunk.length));
  const outcome = await sendBody(put, body, signal);
  if (!Buffer.isBuffer(body)) body.stream.destroy();
  // All of it, or, after a failure, nothing has moved.
  move((outcome === 'stored' ? object.sizeBytes : 0) - movedBytes);
  return outcome;
}

async function sendBody(
  { url, headers }: PresignedPut,
  body: HttpRequest['body'],
  signal: AbortSignal,
): Promise<PutOutcome> {
  const timeouts = { timeoutMs: PUT_TIMEOUT_MS, idleTimeoutMs: PUT_IDLE_TIMEOUT_MS };
  try {
    const { status, body: answer } = await sendRequest({
      method: 'PUT',
      url,
      headers,
      body,
      ...timeouts,
      signal,
    });
    if (status === ALREADY_THERE || (status >= 200 && status < 300)) return 'stored';
    const message = `${status} ${answer.toString('utf8', 0, 300)}`;
    return { mayRetry: isTransient(status) || status === CONFLICT, message };
  } catch (error) {
    return { mayRetry: true, message: String(error) };
  }
}
