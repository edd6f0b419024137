import { expect, test } from 'vitest';
import { describeShortage } from './describe-shortage.ts';

const WORDS = { consequence: 'The build waits', what: 'builds' };

test.each([
  [{ freeBytes: 50, totalBytes: 1000 }, undefined],
  [{ freeBytes: 1000, totalBytes: 1000 }, undefined],
  [
    { freeBytes: 49, totalBytes: 1000 },
    "The build waits because the server's disk is 95 % full; builds start while at least 5 % are free. Free some space, or lower OFFSHOOT_MIN_FREE_DISK_PERCENT.",
  ],
])('%j with 5 %% to be free', (disk, sentence) => {
  expect(describeShortage(disk, 5, WORDS)).toBe(sentence);
});

test('with nothing to be free a full disk is none', () => {
  expect(describeShortage({ freeBytes: 0, totalBytes: 1000 }, 0, WORDS)).toBeUndefined();
});
