import { expect, test } from 'vitest';
import { type MarkRange, planMarks } from './marks.ts';

const SPANS = [
  { text: 'abc', classes: 'fg-red' },
  { text: 'defgh', classes: '' },
];
const HIT = { start: 2, end: 5, mark: 'hit' } as const;
const CURRENT = { start: 6, end: 7, mark: 'current' } as const;

test.each<[string, number, number, MarkRange[], string]>([
  ['all of it', 0, 8, [], 'fg-red:abc :defgh'],
  ['a part', 1, 4, [], 'fg-red:bc :d'],
  ['nothing', 3, 3, [], ''],
  ['a hit over two spans', 0, 8, [HIT], 'fg-red:ab fg-red:[c] :[de] :fgh'],
  ['a hit that the part cuts', 3, 8, [HIT], ':[de] :fgh'],
  ['two hits, one of them current', 0, 8, [HIT, CURRENT], 'fg-red:ab fg-red:[c] :[de] :f :(g) :h'],
  ['a hit outside of the part', 0, 2, [HIT], 'fg-red:ab'],
])('%s', (_, from, to, marks, planned) => {
  const brackets = { none: ['', ''], hit: ['[', ']'], current: ['(', ')'] };
  const shown = planMarks(SPANS, from, to, marks).map(({ text, classes, mark }) => {
    const [open, close] = brackets[mark];
    return `${classes}:${open}${text}${close}`;
  });
  expect(shown.join(' ')).toBe(planned);
});
