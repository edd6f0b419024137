import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leadsOutside, TreeReader } from './read-tree.ts';

const sha = 'a'.repeat(40);
const listing = Buffer.from(
  [
    `100644 blob ${sha}     130\tbig.bin`,
    `100755 blob ${sha}      12\trun\nme.sh`,
    `120000 blob ${sha}       5\tlink`,
    `160000 commit ${sha}       -\tlib/x`,
    `100644 blob ${sha} 5000000\tü.bin`,
    '',
  ].join('\0'),
);

describe('reading a tree', () => {
  it('gives the same however its listing is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(listing.length)), (cuts) => {
        const reader = new TreeReader();
        const ends = [...cuts.toSorted((a, b) => a - b), listing.length];
        ends.reduce((start, end) => {
          reader.push(listing.subarray(start, end));
          return end;
        }, 0);
        expect(reader.summary).toEqual({
          files: 5,
          bytes: 130 + 12 + 5 + 5_000_000,
          submodules: [{ path: 'lib/x', commit: sha }],
          symlinks: ['link'],
          lfsCandidates: ['big.bin'],
        });
      }),
    );
  });
});

describe('a symlink leads outside', () => {
  it.each([
    ['a', '/etc/passwd', true],
    ['a', '..', true],
    ['a', '../x', true],
    ['a/b/c', '../../../x', true],
    ['a', 'b/../../x', true],
    ['a', '.git/config', true],
    ['a/b', '../.GIT', true],
    ['a', 'b', false],
    ['a/b', '../c', false],
    ['a/b', '..', false],
    ['a', '...', false],
    ['a', '.github/x', false],
  ])('%s → %s: %s', (path, target, expected) => {
    expect(leadsOutside(path, target)).toBe(expected);
  });
});
