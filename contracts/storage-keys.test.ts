import { describe, expect, it } from 'vitest';
import { CODINGS } from './manifest.ts';
import { blobKey, manifestKey, pointerKey, projectPrefix, variantKey } from './storage-keys.ts';

const [project, sha256] = ['p'.repeat(20), `ab${'c'.repeat(62)}`];
const keys = [
  blobKey(project, sha256),
  ...CODINGS.map((coding) => variantKey(project, sha256, coding)),
  manifestKey(project, sha256),
  pointerKey('shop'),
  pointerKey('a--shop'),
];

describe('storage keys', () => {
  it('are different for different things', () => {
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('are never the folder of one another, which file systems and some S3 servers refuse', () => {
    const clashes = keys.flatMap((key) => keys.filter((other) => other.startsWith(`${key}/`)));
    expect(clashes).toEqual([]);
  });

  it('of a project are all below its prefix, and no others are', () => {
    const own = keys.filter((key) => key.startsWith(projectPrefix(project)));
    expect(own).toHaveLength(2 + CODINGS.length);
    expect(blobKey('other', sha256).startsWith(projectPrefix(project))).toBe(false);
  });
});
