import { expect, test } from 'vitest';
import { attemptToken, hashToken } from './attempt-token.ts';

const KEY = new Uint8Array(32).fill(7);

test('the same attempt always has the same token', () => {
  expect(attemptToken('a', KEY)).toBe(attemptToken('a', KEY));
  expect(attemptToken('a', KEY)).toMatch(/^[\w-]{43}$/);
});

test('another attempt or another key makes another token', () => {
  const tokens = [attemptToken('a', KEY), attemptToken('b', KEY), attemptToken('a', new Uint8Array(32))];
  expect(new Set(tokens).size).toBe(3);
});

test('what is kept of a token is its SHA-256', () => {
  expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
