import { describe, expect, it } from 'vitest';
import {
  formatManifest,
  isManifestPath,
  type Manifest,
  type ManifestFile,
  manifestSchema,
} from './manifest.ts';

const file: ManifestFile = {
  sha256: 'a'.repeat(64),
  sizeBytes: 3,
  contentType: 'text/html; charset=utf-8',
  variants: { br: 2 },
};
const manifest = (...paths: string[]): Manifest => ({
  version: 1,
  files: Object.fromEntries(paths.map((path) => [path, file])),
});

describe('a manifest', () => {
  it('has one spelling, whatever the order in which its files were found', () => {
    expect(formatManifest(manifest('b', 'a/c', 'a'))).toBe(formatManifest(manifest('a', 'b', 'a/c')));
  });

  it.each(['', 'text/html\r\nset-cookie: a=b', 'text/\u00fc', 'x'.repeat(256)])(
    'has no content type that a header can not hold: %j',
    (contentType) => {
      const files = { 'index.html': { ...file, contentType } };
      expect(manifestSchema.safeParse({ version: 1, files }).success).toBe(false);
    },
  );

  it('reads back what was written', () => {
    const one = manifest('index.html', 'a b/ü.txt', '404.html', '7');
    expect(manifestSchema.parse(JSON.parse(formatManifest(one)))).toEqual(one);
  });

  it.each(['index.html', 'a/b/c', '.well-known/x', 'a..b', '...', 'ü', 'a b', '%2e%2e', '-x'])(
    'may hold %s',
    (path) => {
      expect(isManifestPath(path)).toBe(true);
      expect(manifestSchema.safeParse(manifest(path)).success).toBe(true);
    },
  );

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/.',
    'a\0b',
    'a\\b',
    'x'.repeat(1025),
  ])('may not hold %j', (path) => {
    expect(manifestSchema.safeParse(manifest(path)).success).toBe(false);
  });

  it.each([
    { sha256: 'A'.repeat(64) },
    { sha256: 'a'.repeat(63) },
    { sizeBytes: -1 },
    { sizeBytes: 1.5 },
    { contentType: '' },
    { variants: { deflate: 1 } },
    { variants: { br: 0 } },
  ])('may not describe a file by %j', (wrong) => {
    const files = { 'index.html': { ...file, ...wrong } };
    expect(manifestSchema.safeParse({ version: 1, files }).success).toBe(false);
  });
});
