import { describe, expect, it } from 'vitest';
import type { Variants } from '../contracts/manifest.ts';
import { negotiateCoding } from './negotiate.ts';

const all: Variants = { br: 1, zstd: 1, gzip: 1 };

describe('the coding of an answer', () => {
  it.each<[string | undefined, Variants, string | null]>([
    [undefined, all, null],
    ['', all, null],
    ['gzip, deflate, br, zstd', all, 'br'],
    ['gzip, zstd', all, 'zstd'],
    ['gzip', all, 'gzip'],
    ['x-gzip', all, 'gzip'],
    ['GZIP', all, 'gzip'],
    ['deflate', all, null],
    ['br', { gzip: 1 }, null],
    ['br, gzip', { gzip: 1 }, 'gzip'],
    ['*', all, 'br'],
    ['*', {}, null],
    ['br;q=0.5, gzip;q=0.8', all, 'gzip'],
    ['br;q=0, *', all, 'zstd'],
    ['br;q=0, zstd;q=0, gzip;q=0', all, null],
    ['*;q=0', all, null],
    ['gzip;q=0.000', all, null],
    ['br;q=1.000', all, 'br'],
    ['br;q=1.001, gzip;q=0.1', all, 'gzip'],
    ['br;q=abc', all, null],
    ['br;q=', all, null],
    ['identity;q=1, br;q=0.5', all, null],
    ['identity;q=0.5, br;q=0.5', all, 'br'],
    ['identity;q=0', all, null],
    ['identity;q=0, gzip', all, 'gzip'],
    ['identity;q=0, *;q=0', {}, null],
    [' br ; q=0.9 ,\tgzip ', all, 'gzip'],
    [',,br,,', all, 'br'],
    ['br;level=3;q=0.1, gzip;q=0.2', all, 'gzip'],
    ['br, br;q=0', all, 'br'],
    ['constructor, __proto__', all, null],
  ])('for %j of %j is %s', (header, variants, expected) => {
    expect(negotiateCoding(header, variants)).toBe(expected);
  });
});
