import { assert, integer, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { countCells, splitCells } from './cells.ts';

test.each([
  ['', 10, [0]],
  ['abcdefghij', 10, [0]],
  ['abcdefghijk', 10, [0, 10]],
  ['x'.repeat(25), 10, [0, 10, 20]],
  ['漢字漢字', 4, [0, 2]],
  ['a漢字', 4, [0, 2]],
  ['🦊🦊🦊', 4, [0, 4]],
  ['e\u0301e\u0301e\u0301', 2, [0, 4]],
  ['漢', 1, [0]],
  ['│──', 3, [0]],
])('%j in %i columns begins rows at %j', (text, columns, starts) => {
  expect(splitCells(text, columns)).toEqual(starts);
});

test('rows of any text hold all of it, cut no character, and none is too wide', () => {
  assert(
    property(string({ unit: 'grapheme', maxLength: 50 }), integer({ min: 2, max: 20 }), (text, columns) => {
      const starts = splitCells(text, columns);
      const rows = starts.map((start, index) => text.slice(start, starts[index + 1]));
      expect(rows.join('')).toBe(text);
      for (const row of rows) {
        expect(row.isWellFormed()).toBe(true);
        expect(countCells(row)).toBeLessThanOrEqual(columns);
      }
    }),
  );
});
