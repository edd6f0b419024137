import { type Dirent, lstatSync, opendirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

/** An empty file costs an inode and a name: everything counts as one block at least. */
const MIN_ENTRY_BYTES = 4096;
const STAT_BLOCK_BYTES = 512;
/** Linux takes no longer path. What lies deeper can't be measured by path, so it counts as too much. */
const MAX_PATH_BYTES = 4000;
/** The walk is synchronous, which is five times cheaper, in slices after which others get their turn. */
const ENTRIES_PER_SLICE = 500;

export interface FolderUsage {
  readonly bytes: number;
  /** Folders are nested beyond what a path can name. */
  readonly tooDeep: boolean;
}

/**
 * Bytes on disk of everything in `root`, without following symlinks. Stops once `limitBytes` is passed, so that a
 * flood of files costs no more than the limit. Entries that vanish meanwhile are left out.
 */
export async function measureFolder(root: string, limitBytes: number): Promise<FolderUsage> {
  const folders = [root];
  let bytes = 0;
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (Buffer.byteLength(folder) > MAX_PATH_BYTES) return { bytes, tooDeep: true };
    for (const entry of readFolder(folder)) {
      bytes += sizeOf(`${folder}/${entry.name}`);
      if (bytes > limitBytes) return { bytes, tooDeep: false };
      if (entry.isDirectory()) folders.push(`${folder}/${entry.name}`);
      entries += 1;
      if (entries % ENTRIES_PER_SLICE === 0) await setImmediate();
    }
  }
  return { bytes, tooDeep: false };
}

function* readFolder(path: string): Generator<Dirent> {
  try {
    using folder = opendirSync(path);
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) yield entry;
  } catch {
    // It vanished, or its owner closed it to a builder that isn't root: what can't be read can't be counted.
  }
}

function sizeOf(path: string): number {
  try {
    return Math.max(MIN_ENTRY_BYTES, lstatSync(path).blocks * STAT_BLOCK_BYTES);
  } catch {
    return 0;
  }
}

/** A full measurement is made no more often than this, and takes at most a twentieth of the time. */
const MIN_INTERVAL_MS = 2_000;
const COST_FACTOR = 20;
/** When the file system filled up by more than is left of the budget, sooner; but at most a quarter of the time. */
const URGENT_COST_FACTOR = 4;

/** Tells whether a folder holds more than its limit, at a price that fits how large it is. */
export class DiskMeter {
  readonly #root: string;
  readonly #limitBytes: number;
  #last = { bytes: 0, freeBytes: Number.POSITIVE_INFINITY, atMs: Number.NEGATIVE_INFINITY, costMs: 0 };

  constructor(root: string, limitBytes: number) {
    this.#root = root;
    this.#limitBytes = limitBytes;
  }

  /** The usage when it is beyond the limit; otherwise, and when it is not yet time to look again, undefined. */
  async check(): Promise<FolderUsage | undefined> {
    const { bavail, bsize } = await statfs(this.#root);
    const freeBytes = bavail * bsize;
    if (!this.#isDue(freeBytes)) return undefined;
    const startedAt = performance.now();
    const usage = await measureFolder(this.#root, this.#limitBytes);
    const atMs = performance.now();
    this.#last = { bytes: usage.bytes, freeBytes, atMs, costMs: atMs - startedAt };
    return usage.tooDeep || usage.bytes > this.#limitBytes ? usage : undefined;
  }

  #isDue(freeBytes: number): boolean {
    const { bytes, atMs, costMs } = this.#last;
    const passedMs = performance.now() - atMs;
    const grownBytes = Math.max(0, this.#last.freeBytes - freeBytes);
    const isUrgent = bytes + grownBytes > this.#limitBytes && passedMs > costMs * URGENT_COST_FACTOR;
    return isUrgent || passedMs > Math.max(MIN_INTERVAL_MS, costMs * COST_FACTOR);
  }
}
