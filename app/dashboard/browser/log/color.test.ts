import { assert, integer, property, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { contrastOf, MIN_CONTRAST, parseHex, readableOn, type Rgb } from './color.ts';

test.each([
  ['#000000', '#ffffff', 21],
  ['#ffffff', '#000000', 21],
  ['#777777', '#ffffff', 4.48],
  ['#1a7048', '#1a7048', 1],
])('%s on %s has a contrast of %f', (one, other, contrast) => {
  expect(contrastOf(parseHex(one), parseHex(other))).toBeCloseTo(contrast, 2);
});

test('a colour that can be read stays as it is', () => {
  expect(readableOn([255, 255, 255], [160, 0, 0])).toEqual([160, 0, 0]);
});

test('any colour can be read on any paper, after it was made readable', () => {
  const channel = integer({ min: 0, max: 255 });
  const color = tuple(channel, channel, channel);
  assert(
    property(color, color, (paper: Rgb, ink: Rgb) => {
      expect(contrastOf(readableOn(paper, ink), paper)).toBeGreaterThanOrEqual(MIN_CONTRAST);
    }),
    { numRuns: 2000 },
  );
});
