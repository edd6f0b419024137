import { expect, test } from 'vitest';
import { formatLineTime } from './time.ts';

test.each([
  ['none', 5000, ''],
  ['elapsed', 0, '+0:00.000'],
  ['elapsed', 62_345, '+1:02.345'],
  ['elapsed', 3_723_004, '+1:02:03.004'],
  ['elapsed', -1500, '-0:01.500'],
] as const)('as "%s", %i ms after the start, a line says "%s"', (style, ms, text) => {
  expect(formatLineTime(style, 1_760_000_000_000 + ms, 1_760_000_000_000)).toBe(text);
});

test('the clock is that of whoever reads the log', () => {
  const at = new Date(2026, 5, 1, 9, 8, 7, 6).getTime();
  expect(formatLineTime('clock', at, 0)).toBe('09:08:07.006');
  expect(formatLineTime('clock', Number.MAX_SAFE_INTEGER, 0)).toBe('?');
});
