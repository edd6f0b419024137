import { expect, it } from 'vitest';
import { parseRetryAfter } from './parse-retry-after.ts';

const NOW = Date.parse('2026-06-15T12:00:00Z');

it.each([
  ['30', 30_000],
  ['0', 0],
  ['Mon, 15 Jun 2026 12:01:00 GMT', 60_000],
  ['Mon, 15 Jun 2026 11:00:00 GMT', 0],
  ['-1', null],
  ['soon', null],
  ['Monday', null],
  ['1e9', null],
  ['99999999999', null],
  ['', null],
  [undefined, null],
])('Retry-After %j asks for %s ms', (value, ms) => {
  expect(parseRetryAfter(value, NOW)).toBe(ms);
});
