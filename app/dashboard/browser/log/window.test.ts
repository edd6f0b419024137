import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementHeight, MAX_ELEMENT_PX, planJump, planReveal, planScroll, planWindow } from './window.ts';

const SHORT = { rows: 200_000, rowPx: 20, heightPx: 600 };
const LONG = { rows: 4_000_000, rowPx: 20, heightPx: 600 };
const START = { elementPx: 0, topPx: 0 };

describe('a log that fits into an element', () => {
  test('is scrolled as the browser says', () => {
    expect(elementHeight(SHORT)).toBe(4_000_000);
    expect(planScroll(START, 123_456, SHORT)).toEqual({ elementPx: 123_456, topPx: 123_456 });
  });

  test('has the rows in view and some around them in the document', () => {
    const window = planWindow({ elementPx: 2_000_010, topPx: 2_000_010 }, SHORT);
    expect(window).toEqual({ first: 99_980, end: 100_051, baseRow: 0, holderPx: 0 });
  });

  test.each([
    [0, 0, 51],
    [4_000_000 - 600, 199_950, 200_000],
    [9e9, 200_000, 200_000],
  ])('keeps to the rows that there are, at %i px', (topPx, first, end) => {
    expect(planWindow({ elementPx: topPx, topPx }, SHORT)).toMatchObject({ first, end });
  });
});

describe('a log that is taller than an element may be', () => {
  const topMax = LONG.rows * LONG.rowPx - LONG.heightPx;
  const elementMax = MAX_ELEMENT_PX - LONG.heightPx;

  test('has an element that browsers draw', () => {
    expect(elementHeight(LONG)).toBe(MAX_ELEMENT_PX);
  });

  test('moves as far as the wheel, and in proportion with the scroll bar', () => {
    expect(planScroll(START, 120, LONG).topPx).toBe(120);
    expect(planScroll(START, elementMax / 2, LONG).topPx).toBe(topMax / 2);
  });

  test('reaches both ends', () => {
    expect(planScroll({ elementPx: elementMax - 30, topPx: 5 }, elementMax, LONG).topPx).toBe(topMax);
    expect(planScroll({ elementPx: 100, topPx: 9_000 }, 0, LONG).topPx).toBe(0);
    expect(planJump(topMax, LONG)).toEqual({ elementPx: elementMax, topPx: topMax });
  });

  test('draws each row where it is seen, near the element that holds it', () => {
    assert(
      property(integer({ min: 0, max: topMax }), (topPx) => {
        const position = planJump(topPx, LONG);
        const { first, end, baseRow, holderPx } = planWindow(position, LONG);
        const seenPx = (row: number): number => holderPx + (row - baseRow) * LONG.rowPx - position.elementPx;
        const top = Math.floor(topPx / LONG.rowPx);
        expect(seenPx(top)).toBeCloseTo(top * LONG.rowPx - topPx, 3);
        expect((end - baseRow) * LONG.rowPx).toBeLessThan(3_000_000);
        expect(first).toBeLessThanOrEqual(top);
        expect(end).toBeGreaterThanOrEqual(Math.min(LONG.rows, top + LONG.heightPx / LONG.rowPx));
      }),
    );
  });
});

test.each([
  ['one that is seen', 5, { elementPx: 60, topPx: 60 }, 60],
  ['one that is above', 5, { elementPx: 6000, topPx: 6000 }, -100],
  ['one that is below', 500, { elementPx: 60, topPx: 60 }, 9800],
  ['one that the head of its phase covers', 300, { elementPx: 6000, topPx: 6000 }, 5800],
])('a row is brought into view: %s', (_, row, position, topPx) => {
  expect(planReveal(row, position, SHORT)).toBe(topPx);
});
