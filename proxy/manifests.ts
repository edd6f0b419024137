import { LRUCache } from 'lru-cache';
import { manifestSchema } from '../contracts/manifest.ts';
import { manifestKey } from '../contracts/storage-keys.ts';
import { type BlobStore, StorageError } from '../storage/blob-store.ts';
import type { SiteFiles } from './resolve.ts';
import type { Soon } from './soon.ts';

/** A parsed manifest takes about three times the memory of its JSON. */
const MEMORY_FACTOR = 3;
const CACHE_BYTES = 128 * 1024 * 1024;

/** The files of artifacts. Manifests never change, so what is in memory stays true. */
export class Manifests {
  readonly #store: Pick<BlobStore, 'read'>;
  readonly #known = new LRUCache<string, { files: SiteFiles; sizeBytes: number }>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ sizeBytes }) => sizeBytes,
  });
  readonly #asking = new Map<string, Promise<SiteFiles>>();

  constructor(store: Pick<BlobStore, 'read'>) {
    this.#store = store;
  }

  /** Throws StorageError, also when storage does not have what a pointer names. */
  get(projectId: string, sha256: string): Soon<SiteFiles> {
    const key = manifestKey(projectId, sha256);
    const known = this.#known.get(key);
    if (known !== undefined) return known.files;
    const asking = this.#asking.get(key) ?? this.#read(key);
    this.#asking.set(key, asking);
    return asking;
  }

  async #read(key: string): Promise<SiteFiles> {
    try {
      const object = await this.#store.read(key);
      if (object === undefined) throw new StorageError(`${key} is missing.`);
      const files = new Map(Object.entries(manifestSchema.parse(JSON.parse(object.body.toString())).files));
      this.#known.set(key, { files, sizeBytes: MEMORY_FACTOR * object.body.length });
      return files;
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw new StorageError(`${key} can't be read.`, { cause: error });
    } finally {
      this.#asking.delete(key);
    }
  }
}
