import { createHmac, timingSafeEqual } from 'node:crypto';
import { BUILDER_PATHS } from '../contracts/build-report.ts';
import type { PutAnnouncement } from './blob-store.ts';
import { checkKey, isKey } from './keys.ts';

export interface UrlSigner {
  /** 32 random bytes that only the app's processes share. */
  readonly secret: Uint8Array;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * A PUT to the app that stores exactly the announced bytes: what presigned URLs are for S3. The URL has no host, since
 * the signature covers none: builders here and uploaders elsewhere know the app by different ones.
 */
export function signPut(
  put: PutAnnouncement,
  signer: UrlSigner,
): { url: string; headers: Record<string, string> } {
  const expires = signer.now() + put.expiresInMs;
  const query = new URLSearchParams({
    expires: String(expires),
    size: String(put.sizeBytes),
    type: put.contentType,
    sha256: put.bodySha256,
    signature: signatureOf({ ...put, expires }, signer.secret).toString('hex'),
  });
  return {
    url: `${BUILDER_PATHS.folderUpload}${checkKey(put.key)}?${query.toString()}`,
    headers: { 'content-type': put.contentType, 'content-length': String(put.sizeBytes) },
  };
}

export type VerifiedPut =
  | {
      readonly ok: true;
      readonly key: string;
      readonly bodySha256: string;
      readonly sizeBytes: number;
      readonly contentType: string;
    }
  | { readonly ok: false; readonly status: 403; readonly message: string };

/**
 * Is this a PUT that signPut announced, and do its headers keep the promise? The body's SHA-256 remains to be
 * checked while it is written (FilesystemStore.receive).
 * @param url the request's URL; only path and query count
 * @param headers lower-case names
 * @param now epoch milliseconds
 */
export function verifySignedPut(
  url: string,
  headers: Readonly<Record<string, string | undefined>>,
  now: number,
  secret: Uint8Array,
): VerifiedPut {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const key = pathname.startsWith(BUILDER_PATHS.folderUpload)
    ? pathname.slice(BUILDER_PATHS.folderUpload.length)
    : '';
  const claim = {
    key,
    sizeBytes: Number(searchParams.get('size')),
    contentType: searchParams.get('type') ?? '',
    bodySha256: searchParams.get('sha256') ?? '',
    expires: Number(searchParams.get('expires')),
  };
  const given = Buffer.from(searchParams.get('signature') ?? '', 'hex');
  const right = signatureOf(claim, secret);
  if (given.length !== right.length || !timingSafeEqual(given, right) || !isKey(key)) {
    return refuse('The URL is not signed by this Offshoot.');
  }
  if (now > claim.expires) return refuse('The signed URL has expired: ask for a new one.');
  if (headers['content-length'] !== String(claim.sizeBytes)) {
    return refuse(`The body must have the announced size, ${claim.sizeBytes} bytes.`);
  }
  if (headers['content-type'] !== claim.contentType)
    return refuse('The content type is not the announced one.');
  const { bodySha256, sizeBytes, contentType } = claim;
  return { ok: true, key, bodySha256, sizeBytes, contentType };
}

type Claim = Omit<PutAnnouncement, 'expiresInMs'> & { readonly expires: number };

/** Over a JSON array, in which no field can run into its neighbour. */
function signatureOf(
  { key, sizeBytes, contentType, bodySha256, expires }: Claim,
  secret: Uint8Array,
): Buffer {
  const text = JSON.stringify(['offshoot-put-1', 'PUT', key, sizeBytes, contentType, bodySha256, expires]);
  return createHmac('sha256', secret).update(text).digest();
}

function refuse(message: string): VerifiedPut {
  return { ok: false, status: 403, message };
}
