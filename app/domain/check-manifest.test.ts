import { describe, expect, test } from 'vitest';
import type { Manifest, Variants } from '../../contracts/manifest.ts';
import {
  checkManifest,
  type KnownBlob,
  listUnproved,
  outputBytesOf,
  settleVariants,
} from './check-manifest.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const limits = { outputFiles: 3, outputFileBytes: 100, outputBytes: 250 };

function manifestOf(
  ...files: [path: string, sha256: string, sizeBytes: number, variants?: Variants][]
): Manifest {
  return {
    version: 1,
    files: Object.fromEntries(
      files.map(([path, sha256, sizeBytes, variants = {}]) => [
        path,
        { sha256, sizeBytes, contentType: 'text/plain', variants },
      ]),
    ),
  };
}

const blob = (sizeBytes: number, isStored: boolean, variants: Variants = {}): KnownBlob => ({
  sizeBytes,
  isStored,
  variants,
});

describe('checkManifest', () => {
  const known = new Map([
    [A, blob(100, true)],
    [B, blob(101, false)],
  ]);
  test.each<[string, Manifest, RegExp]>([
    ['nothing at all', manifestOf(), /^nothing is wrong$/],
    ['just within every limit', manifestOf(['x', A, 100], ['y', A, 100]), /^nothing is wrong$/],
    ['one file too many', manifestOf(['w', A, 1], ['x', A, 1], ['y', A, 1], ['z', A, 1]), /4 files; 3 are/],
    [
      'too large in all, though stored once',
      manifestOf(['x', A, 100], ['y', A, 100], ['z', A, 100]),
      /300 bytes/,
    ],
    ['one file too large', manifestOf(['x', A, 100], ['y', B, 101]), /"y" has 101 bytes/],
    ['a blob nobody announced', manifestOf(['x', 'c'.repeat(64), 1]), /"x" names a blob that was never/],
    ['another size than announced', manifestOf(['x', A, 99]), /"x" has 99 bytes in the manifest/],
  ])('%s', (_, manifest, problem) => {
    const found = checkManifest(manifest, limits, known);
    expect(found ?? 'nothing is wrong').toMatch(problem);
  });
});

describe('listUnproved', () => {
  test.each<[string, KnownBlob, Variants, (string | null)[]]>([
    ['a new blob and its variants', blob(9, false), { br: 3, gzip: 4 }, [null, 'br', 'gzip']],
    ['variants that an unfinished publish claims', blob(9, false, { br: 3 }), { br: 3 }, [null, 'br']],
    ['nothing of a stored blob', blob(9, true, { br: 3 }), { br: 3 }, []],
    ['a variant that a stored blob did not have', blob(9, true, { br: 3 }), { br: 3, zstd: 2 }, ['zstd']],
  ])('%s', (_, known, variants, codings) => {
    const needed = listUnproved(
      manifestOf(['x', A, 9, variants], ['y', A, 9, variants]),
      new Map([[A, known]]),
    );
    expect(needed.map(({ coding }) => coding)).toEqual(codings);
  });
});

test('the output counts every path', () => {
  expect(outputBytesOf(manifestOf(['x', A, 3], ['y', A, 3], ['z', B, 1]))).toBe(7);
});

describe('settleVariants', () => {
  test('takes the sizes that storage has, and adds no variant', () => {
    const settled = settleVariants(manifestOf(['x', A, 9, { br: 3, gzip: 4 }]), (_, coding) =>
      coding === 'gzip' ? undefined : 2,
    );
    expect(settled).toEqual(manifestOf(['x', A, 9, { br: 2, gzip: 4 }]));
  });
});
