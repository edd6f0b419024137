import { posix } from 'node:path';

/** More files than this are refused before one is written: a small pack can name billions of them. */
export const MAX_REPOSITORY_FILES = 300_000;
/** A pointer of Git LFS is about 130 bytes (its specification says: less than 1024). */
const LFS_POINTER_BYTES = { min: 80, max: 1024 };
const MAX_CANDIDATES = 20_000;

export interface TreeSummary {
  files: number;
  bytes: number;
  readonly submodules: { readonly path: string; readonly commit: string }[];
  readonly symlinks: string[];
  /** Files small enough to be pointers of Git LFS. */
  readonly lfsCandidates: string[];
}

/** Reads `git ls-tree -r -l -z` as it comes and keeps what the checkout must know; memory stays bounded. */
export class TreeReader {
  readonly summary: TreeSummary = { files: 0, bytes: 0, submodules: [], symlinks: [], lfsCandidates: [] };
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    const bytes = Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
      this.#readEntry(bytes.toString('utf8', start, end));
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
  }

  #readEntry(entry: string): void {
    const [, mode, commit, size, path] =
      /^([0-7]{6}) [a-z]+ ([0-9a-f]+) +([0-9-]+)\t(.+)$/s.exec(entry) ?? [];
    if (path === undefined || commit === undefined) return;
    const { summary } = this;
    const bytes = size === '-' ? 0 : Number(size);
    summary.files += 1;
    summary.bytes += bytes;
    if (mode === '160000') keep(summary.submodules, { path, commit });
    else if (mode === '120000') keep(summary.symlinks, path);
    else if (bytes >= LFS_POINTER_BYTES.min && bytes <= LFS_POINTER_BYTES.max)
      keep(summary.lfsCandidates, path);
  }
}

function keep<T>(list: T[], item: T): void {
  if (list.length < MAX_CANDIDATES) list.push(item);
}

/** Does a symlink at `path` lead out of the repository (or into its `.git`)? Judged by its text alone. */
export function leadsOutside(path: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  const end = posix.normalize(posix.join(posix.dirname(path), target));
  return end === '..' || end.startsWith('../') || /^\.git(?:\/|$)/i.test(end);
}
