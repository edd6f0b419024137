import { expect, test } from 'vitest';
import { formatLineHash, parseLineHash, parseLineNumbers } from './hash.ts';

test.each([
  ['#L120', { attempt: undefined, from: 120, to: 120 }],
  ['#L120-L180', { attempt: undefined, from: 120, to: 180 }],
  ['#A2L120', { attempt: 2, from: 120, to: 120 }],
  ['#A2L120-L180', { attempt: 2, from: 120, to: 180 }],
  ['#L180-L120', { attempt: undefined, from: 120, to: 180 }],
  ['#l7-9', { attempt: undefined, from: 7, to: 9 }],
  ['#', undefined],
  ['', undefined],
  ['#main', undefined],
  ['#L', undefined],
  ['#L12x', undefined],
  ['#L99999999999', undefined],
])('the link %j is %j', (hash, range) => {
  expect(parseLineHash(hash)).toEqual(range);
});

test.each(['#L1', '#L1-L2', '#A3L1', '#A3L4-L5'])('%s is written as it was read', (hash) => {
  const range = parseLineHash(hash);
  expect(range && formatLineHash(range)).toBe(hash);
});

test.each([
  ['120', { attempt: undefined, from: 120, to: 120 }],
  [' 120 - 180 ', { attempt: undefined, from: 120, to: 180 }],
  ['A2L5', { attempt: 2, from: 5, to: 5 }],
  ['L5–L6', { attempt: undefined, from: 5, to: 6 }],
  ['five', undefined],
])('what is typed as %j is %j', (text, range) => {
  expect(parseLineNumbers(text)).toEqual(range);
});
