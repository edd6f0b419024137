import { describe, expect, it } from 'vitest';
import { decideColours } from './colours.ts';
import { renderTable } from './table.ts';
import { formatChoice, formatElapsed, formatRelative } from './words.ts';

describe('colours', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: 'false' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j, on a terminal: %s, are there: %s', (env, isTerminal, expected) => {
    expect(decideColours(env, isTerminal)).toBe(expected);
  });
});

describe('times', () => {
  const now = 10_000_000_000;
  it.each([
    [0, 'just now'],
    [59_999, 'just now'],
    [-5000, 'just now'],
    [60_000, '1 minute ago'],
    [7_200_000, '2 hours ago'],
    [86_400_000 * 3, '3 days ago'],
  ])('%i ms ago is "%s"', (ago, expected) => {
    expect(formatRelative(now - ago, now)).toBe(expected);
  });

  it.each([
    [-1, '0 ms'],
    [850, '850 ms'],
    [4200, '4.2 s'],
    [185_000, '3 min 05 s'],
    [4_800_000, '1 h 20 min'],
  ])('%i ms take %s', (ms, expected) => {
    expect(formatElapsed(ms)).toBe(expected);
  });
});

it('a choice reads as a sentence', () => {
  expect([['a'], ['a', 'b'], ['a', 'b', 'c']].map(formatChoice)).toEqual(['a', 'a or b', 'a, b or c']);
});

describe('a table', () => {
  const rows = [
    [{ text: 'a' }, { text: 'first' }, { text: 'x'.repeat(30) }],
    [{ text: '你好', paint: (text: string) => `<${text}>` }, { text: 'b' }, { text: 'y' }],
  ];

  it('has columns as wide as their widest cell, whatever paints them', () => {
    expect(renderTable(rows, 100)).toEqual([`a     first  ${'x'.repeat(30)}`, '<你好>  b      y']);
  });

  it('cuts its last column where the terminal ends', () => {
    expect(renderTable(rows, 20)[0]).toBe('a     first  xxxxxx…');
  });
});
