import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { ManifestFile } from '../contracts/manifest.ts';
import { blobKey, variantKey } from '../contracts/storage-keys.ts';
import type { OpenObject } from '../storage/blob-store.ts';
import { type Blobs, MAX_CACHED_BLOB_BYTES } from './blobs.ts';
import type { Page } from './pages.ts';
import type { FileAnswer } from './plan-file.ts';
import { type Soon, soon } from './soon.ts';

/** The bytes of a plan, and where they go. */
export interface Sending {
  readonly blobs: Blobs;
  readonly projectId: string;
  readonly file: ManifestFile;
  readonly method: string;
  readonly outgoing: ServerResponse;
}

export function respondPage({ status, headers, body }: Page): Response {
  return new Response(body, { status, headers });
}

/** Small files from memory, big ones as a stream; HEAD reads nothing. */
export function respondFile({ status, headers, content }: FileAnswer, sending: Sending): Soon<Response> {
  if (content === null || sending.method === 'HEAD') return new Response(null, { status, headers });
  const { projectId, file, blobs } = sending;
  const { coding, range, sizeBytes } = content;
  const key = coding === null ? blobKey(projectId, file.sha256) : variantKey(projectId, file.sha256, coding);
  if (sizeBytes > MAX_CACHED_BLOB_BYTES) {
    return blobs.open(key, range).then((object) => stream(object, status, headers, sending.outgoing));
  }
  return soon(blobs.get(key), (body) => {
    const part = range === undefined ? body : body.subarray(range.start, range.end + 1);
    return new Response(part as Uint8Array<ArrayBuffer>, { status, headers });
  });
}

/**
 * Straight to Node's response instead of through a web stream: it keeps the pace of slow readers, and closes the
 * file at once when the visitor goes away.
 */
async function stream(
  { body }: OpenObject,
  status: number,
  headers: Record<string, string>,
  outgoing: ServerResponse,
): Promise<Response> {
  if (outgoing.destroyed) {
    body.destroy();
    return RESPONSE_ALREADY_SENT;
  }
  outgoing.writeHead(status, headers);
  // A visitor who goes away is no error; storage that breaks off ends the connection, which says so to the visitor.
  await pipeline(body, outgoing).catch(() => undefined);
  return RESPONSE_ALREADY_SENT;
}
