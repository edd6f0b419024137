import { expect, test } from 'vitest';
import { formatBytes, formatBytesDelta, formatCount } from './format.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1 KB'],
  [1_234_567, '1.2 MB'],
  [2e9, '2 GB'],
  [3e15, '3000 TB'],
])('%d bytes are %s', (sizeBytes, text) => {
  expect(formatBytes(sizeBytes)).toBe(text);
});

test.each([
  [0, '±0 bytes'],
  [1500, '+1.5 KB'],
  [-300, '−300 bytes'],
])('a difference of %d bytes is %s', (deltaBytes, text) => {
  expect(formatBytesDelta(deltaBytes)).toBe(text);
});

test.each([
  [0, '0 files'],
  [1, '1 file'],
  [20_000, '20,000 files'],
])('%d is %s', (count, text) => {
  expect(formatCount(count, 'file')).toBe(text);
});
