import { expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatName, formatNumber } from './format.ts';

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1 KB'],
  [1_234_567, '1.2 MB'],
  [100e6, '100 MB'],
  [2e9, '2 GB'],
  [5e15, '5000 TB'],
])('%i bytes are shown as %s', (sizeBytes, text) => {
  expect(formatBytes(sizeBytes)).toBe(text);
});

it.each([
  [0.4, '0 ms'],
  [999, '999 ms'],
  [1000, '1 s'],
  [90_449, '90.4 s'],
])('%d ms are shown as %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

it.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567, '1,234,567'],
])('%d is shown as %s', (number, text) => {
  expect(formatNumber(number)).toBe(text);
});

it('counts in words', () => {
  expect([0, 1, 2000].map((count) => formatCount(count, 'file'))).toEqual([
    '0 files',
    '1 file',
    '2,000 files',
  ]);
});

it('shows a name in one line, whatever it holds', () => {
  expect(formatName('a\nb\u001b')).toBe(String.raw`"a\nb\u001b"`);
});
