import type { Manifest } from '../../contracts/manifest.ts';

type Files = Manifest['files'];

/** One file that is not what it was. Sizes are bytes; `deltaBytes` is what the output grew by through it. */
export interface FileChange {
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly deltaBytes: number;
}

export interface FilesDiff {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly same: number;
  readonly deltaBytes: number;
  /** Those that weigh most first, then by path. */
  readonly changes: readonly FileChange[];
}

/** What makes one output another than the output before it. A file that was renamed is one removed and one added. */
export function diffFiles(before: Files, after: Files): FilesDiff {
  const changes = [...changesOf(before, after)];
  const count = (wanted: FileChange['kind']) => changes.filter(({ kind }) => kind === wanted).length;
  const [added, removed, changed] = [count('added'), count('removed'), count('changed')];
  return {
    added,
    removed,
    changed,
    same: Object.keys(after).length - added - changed,
    deltaBytes: changes.reduce((sum, { deltaBytes }) => sum + deltaBytes, 0),
    changes: changes.toSorted(byWeight),
  };
}

function* changesOf(before: Files, after: Files): Generator<FileChange> {
  for (const [path, file] of Object.entries(after)) {
    // Paths come from builds: "constructor" is one like any other.
    const old = Object.hasOwn(before, path) ? before[path] : undefined;
    if (old === undefined) yield { path, kind: 'added', deltaBytes: file.sizeBytes };
    else if (old.sha256 !== file.sha256)
      yield { path, kind: 'changed', deltaBytes: file.sizeBytes - old.sizeBytes };
  }
  for (const [path, file] of Object.entries(before)) {
    if (!Object.hasOwn(after, path)) yield { path, kind: 'removed', deltaBytes: -file.sizeBytes };
  }
}

function byWeight(one: FileChange, other: FileChange): number {
  return Math.abs(other.deltaBytes) - Math.abs(one.deltaBytes) || (one.path < other.path ? -1 : 1);
}
