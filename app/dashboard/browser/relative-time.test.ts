import { expect, test } from 'vitest';
import { formatDuration, formatRelative } from './relative-time.ts';

const NOW = Date.parse('2026-06-15T12:00:00Z');
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

test.each([
  [0, 'just now'],
  [-5000, 'just now'],
  [59_999, 'just now'],
  [MINUTE, '1 minute ago'],
  [HOUR - 1, '59 minutes ago'],
  [HOUR, '1 hour ago'],
  [DAY * 3, '3 days ago'],
  [DAY * 30, '1 month ago'],
  [DAY * 800, '2 years ago'],
])('%i ms before now is "%s"', (ago, words) => {
  expect(formatRelative(NOW - ago, NOW)).toBe(words);
});

test.each([
  [-3, '0 ms'],
  [850.4, '850 ms'],
  [4210, '4.2 s'],
  [185_000, '3 min 05 s'],
  [80 * MINUTE, '1 h 20 min'],
])('%f ms take "%s"', (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});
