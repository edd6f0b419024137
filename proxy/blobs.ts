import { LRUCache } from 'lru-cache';
import { type BlobStore, type ByteRange, type OpenObject, StorageError } from '../storage/blob-store.ts';
import type { Soon } from './soon.ts';

/** Bigger ones are streamed: they would push out hundreds of small ones, and reading them whole takes time. */
export const MAX_CACHED_BLOB_BYTES = 256 * 1024;
/** What an entry costs besides its bytes: without it a million empty files would count nothing. */
const ENTRY_BYTES = 512;

/** The bytes of files. Small ones are kept in memory, up to `cacheBytes`; a stampede on a cold one costs one read. */
export class Blobs {
  readonly #store: Pick<BlobStore, 'read' | 'open'>;
  readonly #known: LRUCache<string, Buffer>;
  readonly #asking = new Map<string, Promise<Buffer>>();

  constructor(store: Pick<BlobStore, 'read' | 'open'>, cacheBytes: number) {
    this.#store = store;
    this.#known = new LRUCache({ maxSize: cacheBytes, sizeCalculation: (body) => body.length + ENTRY_BYTES });
  }

  /** The whole blob, for those of at most MAX_CACHED_BLOB_BYTES. Throws StorageError. */
  get(key: string): Soon<Buffer> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const asking = this.#asking.get(key) ?? this.#read(key);
    this.#asking.set(key, asking);
    return asking;
  }

  /** A bigger one, or a part of it. The caller reads or destroys its body. Throws StorageError. */
  async open(key: string, range?: ByteRange): Promise<OpenObject> {
    const object = await this.#store.open(key, range);
    if (object === undefined) throw new StorageError(`${key} is missing.`);
    return object;
  }

  async #read(key: string): Promise<Buffer> {
    try {
      const object = await this.#store.read(key);
      if (object === undefined) throw new StorageError(`${key} is missing.`);
      this.#known.set(key, object.body);
      return object.body;
    } finally {
      this.#asking.delete(key);
    }
  }
}
