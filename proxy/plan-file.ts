import type { Coding, ManifestFile } from '../contracts/manifest.ts';
import type { ByteRange } from '../storage/blob-store.ts';
import { cacheControlOf, NO_STORE } from './cache-policy.ts';
import { decideConditions, isRangeCurrent } from './conditions.ts';
import { negotiateCoding } from './negotiate.ts';
import { decideRange } from './range.ts';

/** The request headers that decide how a file is sent, as Node has them. */
export interface FileRequestHeaders {
  readonly 'accept-encoding'?: string | undefined;
  readonly 'if-match'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
  readonly 'if-range'?: string | undefined;
  readonly range?: string | undefined;
}

export interface FileAnswer {
  readonly status: 200 | 206 | 304 | 404 | 412 | 416;
  readonly headers: Record<string, string>;
  /** What to send of the file; null for none. `sizeBytes` is of that coding's whole form. */
  readonly content: {
    readonly coding: Coding | null;
    readonly sizeBytes: number;
    readonly range?: ByteRange;
  } | null;
}

/** How a file is answered: coding, conditions, range, caching. Pure. */
export function planFile(
  { status, path, file }: { readonly status: 200 | 404; readonly path: string; readonly file: ManifestFile },
  method: string,
  request: FileRequestHeaders,
): FileAnswer {
  // Ranges are of the plain bytes: a part of a compressed file is of no use to anybody.
  const wantsRange = status === 200 && method === 'GET' && request.range !== undefined;
  const coding = wantsRange ? null : negotiateCoding(request['accept-encoding'], file.variants);
  const etag = etagOf(file, coding);
  const headers = headersOf(file, coding, status, path, etag);
  const content = { coding, sizeBytes: (coding && file.variants[coding]) ?? file.sizeBytes };
  if (status === 404) return { status, headers: withLength(headers, content.sizeBytes), content };
  const ifMatch = request['if-match'];
  const condition = decideConditions({ ifMatch, ifNoneMatch: request['if-none-match'] }, etag);
  if (condition === 'not-modified') return { status: 304, headers: withoutContent(headers), content: null };
  if (condition === 'precondition-failed') return refuse(412, {});
  if (wantsRange && isRangeCurrent(request['if-range'], etag)) {
    const decision = decideRange(request.range, file.sizeBytes);
    if (decision.kind === 'unsatisfiable')
      return refuse(416, { 'content-range': `bytes */${file.sizeBytes}` });
    if (decision.kind === 'part') return planPart(headers, file, decision.range);
  }
  return { status, headers: withLength(headers, content.sizeBytes), content };
}

/** Strong: one for each content and coding. */
function etagOf({ sha256 }: ManifestFile, coding: Coding | null): string {
  return coding === null ? `"${sha256}"` : `"${sha256}-${coding}"`;
}

function headersOf(
  file: ManifestFile,
  coding: Coding | null,
  status: 200 | 404,
  path: string,
  etag: string,
): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': file.contentType };
  if (coding !== null) headers['content-encoding'] = coding;
  if (isCompressible(file)) headers['vary'] = 'accept-encoding';
  headers['cache-control'] = status === 200 ? cacheControlOf(path) : NO_STORE;
  if (status === 200) {
    headers['etag'] = etag;
    headers['accept-ranges'] = 'bytes';
  }
  return headers;
}

/** Publishing made variants of what is worth it. */
function isCompressible({ variants }: ManifestFile): boolean {
  return variants.br !== undefined || variants.zstd !== undefined || variants.gzip !== undefined;
}

function planPart(headers: Record<string, string>, file: ManifestFile, range: ByteRange): FileAnswer {
  headers['content-range'] = `bytes ${range.start}-${range.end}/${file.sizeBytes}`;
  return {
    status: 206,
    headers: withLength(headers, range.end - range.start + 1),
    content: { coding: null, sizeBytes: file.sizeBytes, range },
  };
}

function withLength(headers: Record<string, string>, sizeBytes: number): Record<string, string> {
  headers['content-length'] = String(sizeBytes);
  return headers;
}

/** A 304 tells what caches need to know and nothing of a content that is not there. */
function withoutContent(headers: Record<string, string>): Record<string, string> {
  const { 'content-type': _type, 'content-encoding': _coding, 'accept-ranges': _ranges, ...rest } = headers;
  return rest;
}

function refuse(status: 412 | 416, headers: Record<string, string>): FileAnswer {
  return { status, headers: { ...headers, 'cache-control': NO_STORE, 'content-length': '0' }, content: null };
}
