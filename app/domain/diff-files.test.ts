import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../contracts/manifest.ts';
import { diffFiles } from './diff-files.ts';

/** Files by path: what they hold, and how large that is. */
function files(entries: Record<string, readonly [content: string, sizeBytes: number]>): Manifest['files'] {
  const described = Object.entries(entries).map(([path, [content, sizeBytes]]) => [
    path,
    { sha256: content.padEnd(64, '0'), sizeBytes, contentType: 'text/plain', variants: {} },
  ]);
  return Object.fromEntries(described) as Manifest['files'];
}

describe('diffFiles', () => {
  it.each([
    ['nothing to nothing', {}, {}, [0, 0, 0, 0, 0], []],
    ['the same', { a: ['1', 5] }, { a: ['1', 5] }, [0, 0, 0, 1, 0], []],
    ['a first file', {}, { a: ['1', 5] }, [1, 0, 0, 0, 5], ['added a 5']],
    ['a last file', { a: ['1', 5] }, {}, [0, 1, 0, 0, -5], ['removed a -5']],
    ['a larger one', { a: ['1', 5] }, { a: ['2', 9] }, [0, 0, 1, 0, 4], ['changed a 4']],
    ['another of the same size', { a: ['1', 5] }, { a: ['2', 5] }, [0, 0, 1, 0, 0], ['changed a 0']],
    ['a new name', { a: ['1', 5] }, { b: ['1', 5] }, [1, 1, 0, 0, 0], ['removed a -5', 'added b 5']],
    [
      'all kinds, the heaviest first',
      { keep: ['1', 1], grow: ['2', 10], shrink: ['3', 100], go: ['4', 7] },
      { keep: ['1', 1], grow: ['5', 20], shrink: ['6', 10], come: ['7', 7] },
      [1, 1, 2, 1, -80],
      ['changed shrink -90', 'changed grow 10', 'added come 7', 'removed go -7'],
    ],
    ['a name that objects have', {}, { constructor: ['1', 3] }, [1, 0, 0, 0, 3], ['added constructor 3']],
  ] as const)('from %s', (_name, before, after, [added, removed, changed, same, deltaBytes], changes) => {
    const diff = diffFiles(files(before), files(after));
    expect(diff).toMatchObject({ added, removed, changed, same, deltaBytes });
    expect(diff.changes.map(({ kind, path, deltaBytes: delta }) => `${kind} ${path} ${delta}`)).toEqual(
      changes,
    );
  });
});
