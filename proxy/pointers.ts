import { LRUCache } from 'lru-cache';
import { type Pointer, pointerSchema } from '../contracts/alias.ts';
import { pointerKey } from '../contracts/storage-keys.ts';
import { type BlobStore, StorageError } from '../storage/blob-store.ts';
import type { Soon } from './soon.ts';

/** How long a pointer is taken as it is before storage is asked again. */
export const FRESH_MS = 1000;
/** How long visitors wait for storage when the last known pointer could be used. */
export const PATIENCE_MS = 1000;
/** Labels come from visitors, so unknown ones must not fill the memory. */
const MAX_LABELS = 50_000;

interface Known {
  readonly pointer: Pointer | null;
  readonly checkedAt: number;
}

/**
 * What each host points at. One request to storage at a time and label, whoever waits for it; while storage
 * fails, the last known pointer stands.
 */
export class Pointers {
  readonly #store: Pick<BlobStore, 'read'>;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, Known>({ max: MAX_LABELS });
  readonly #asking = new Map<string, Promise<Pointer | null>>();

  /** @param now a clock in milliseconds */
  constructor(store: Pick<BlobStore, 'read'>, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Null: there is no such host. Throws StorageError when storage fails and nothing is known. */
  get(label: string): Soon<Pointer | null> {
    const known = this.#known.get(label);
    if (known !== undefined && this.#now() - known.checkedAt < FRESH_MS) return known.pointer;
    const asked = this.#ask(label, known);
    return known === undefined ? asked : this.#waitPatiently(asked, label, known.pointer);
  }

  #ask(label: string, known: Known | undefined): Promise<Pointer | null> {
    const asking = this.#asking.get(label) ?? this.#read(label, known);
    this.#asking.set(label, asking);
    return asking;
  }

  async #read(label: string, known: Known | undefined): Promise<Pointer | null> {
    try {
      const object = await this.#store.read(pointerKey(label));
      const pointer = object === undefined ? null : parsePointer(object.body, label);
      return this.#remember(label, pointer);
    } catch (error) {
      if (known === undefined) throw error;
      return this.#remember(label, known.pointer);
    } finally {
      this.#asking.delete(label);
    }
  }

  /** Storage that hangs is waited for once, not by every visitor: after that the last known one is fresh again. */
  async #waitPatiently(
    asked: Promise<Pointer | null>,
    label: string,
    lastKnown: Pointer | null,
  ): Promise<Pointer | null> {
    const { promise, resolve } = Promise.withResolvers<Pointer | null>();
    const timer = setTimeout(() => resolve(this.#remember(label, lastKnown)), PATIENCE_MS);
    return await Promise.race([asked, promise]).finally(() => clearTimeout(timer));
  }

  #remember(label: string, pointer: Pointer | null): Pointer | null {
    this.#known.set(label, { pointer, checkedAt: this.#now() });
    return pointer;
  }
}

function parsePointer(body: Buffer, label: string): Pointer {
  try {
    return pointerSchema.parse(JSON.parse(body.toString()));
  } catch (error) {
    throw new StorageError(`The pointer of ${label} can't be read.`, { cause: error });
  }
}
