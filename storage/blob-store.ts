/**
 * Objects by key, as S3 has them. Two implementations, one contract test suite. Keys come from
 * contracts/storage-keys.ts. Methods throw only when storage itself fails (`StorageError`).
 */
export interface BlobStore {
  /** The whole object, or undefined. For small objects: pointers and manifests. */
  read(key: string): Promise<StoredObject | undefined>;
  /** The object as a stream, or a byte range of it (`end` inclusive). The caller reads or destroys `body`. */
  open(key: string, range?: ByteRange): Promise<OpenObject | undefined>;
  /** Writes whole objects atomically: readers see the old one or the new one, never a part. */
  write(key: string, body: Uint8Array, options: WriteOptions): Promise<WriteResult>;
  /** Size in bytes, or undefined. */
  sizeOf(key: string): Promise<number | undefined>;
  /** Keys under a prefix, in any order; memory stays bounded. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Missing keys are no error. */
  remove(keys: readonly string[]): Promise<void>;
  /**
   * A PUT that stores exactly the announced bytes, once: other bytes or another size are refused, a second PUT is 412.
   * A URL without a host is one of the app itself.
   */
  presignPut(put: PutAnnouncement): Promise<{ url: string; headers: Record<string, string> }>;
}

export interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
}

export interface OpenObject {
  readonly body: NodeJS.ReadableStream & AsyncIterable<Buffer> & { destroy(error?: Error): unknown };
  /** Of `body`: of the range when one was asked for. */
  readonly sizeBytes: number;
}

/** Both inclusive. An `end` past the object means its last byte; a `start` past it gives an empty body. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface WriteOptions {
  readonly contentType: string;
  /** `create`: only when nothing is there; `{ ifMatch }`: only over that version. Absent: always. */
  readonly condition?: 'create' | { readonly ifMatch: string };
}

export type WriteResult = { readonly written: true; readonly etag: string } | { readonly written: false };

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

export interface PutAnnouncement {
  readonly key: string;
  /** Of the bytes that will be sent, lower-case hexadecimal. */
  readonly bodySha256: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly expiresInMs: number;
}

/** Storage can't be reached or answered with an error: try again later. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}
