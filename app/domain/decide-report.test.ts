import { expect, test } from 'vitest';
import { decideReport, isRepeated } from './decide-report.ts';

test.each([
  ['published', false, 'published'],
  ['failed', false, 'failed'],
  ['canceled', false, 'canceled'],
  ['released', false, 'released'],
  ['published', true, 'canceled'],
  ['failed', true, 'canceled'],
  ['canceled', true, 'canceled'],
  ['released', true, 'released'],
] as const)('%s, cancel requested: %s → %s', (result, cancelRequested, end) => {
  expect(decideReport(result, cancelRequested)).toBe(end);
});

test.each([
  ['published', 'published', true],
  ['failed', 'failed', true],
  ['canceled', 'canceled', true],
  ['released', 'released', true],
  ['lost', 'published', false],
  ['lost', 'failed', false],
  ['published', 'failed', false],
  ['canceled', 'published', false],
] as const)('an attempt that ended %s, a report of %s: repeated is %s', (status, end, expected) => {
  expect(isRepeated(status, end)).toBe(expected);
});
