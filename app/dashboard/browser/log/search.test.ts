import { expect, test } from 'vitest';
import { createLogSearch, MAX_HITS } from './search.ts';

function searchIn(texts: string[], query: string, now = () => 0) {
  const search = createLogSearch({ count: () => texts.length, plain: (index) => texts[index] ?? '' }, now);
  search.setQuery(query);
  return search;
}

function hitsOf(texts: string[], query: string) {
  const search = searchIn(texts, query);
  search.advance(1);
  return Array.from({ length: search.hits() }, (_, index) => Object.values(search.hit(index)));
}

test.each([
  [
    'err',
    [
      [0, 3, 6],
      [0, 10, 13],
      [2, 0, 3],
    ],
  ],
  [
    'ERR',
    [
      [0, 3, 6],
      [0, 10, 13],
      [2, 0, 3],
    ],
  ],
  ['', []],
  ['nothing', []],
  ['a.c', [[3, 4, 7]]],
  ['[x]', [[3, 0, 3]]],
  ['\\d', [[4, 0, 2]]],
])('%j is found at %j', (query, hits) => {
  expect(hitsOf(['an error: err', 'fine', 'Err', '[x] a.c abc', '\\d 5'], query)).toEqual(hits);
});

test('goes on where it stopped when its time is up, and through lines that come later', () => {
  const texts = Array.from({ length: 1200 }, (_, index) => `line ${index} x`);
  let clock = 0;
  const search = searchIn(texts, 'x', () => clock++);
  expect([search.advance(0), search.hits()]).toEqual([true, 500]);
  expect([search.advance(0), search.hits()]).toEqual([true, 1000]);
  expect([search.advance(0), search.hits()]).toEqual([false, 1200]);
  texts.push('x', 'y');
  expect([search.advance(0), search.hits()]).toEqual([false, 1201]);
  search.setQuery('y');
  expect([search.advance(1e9), search.hits(), search.hit(0).line]).toEqual([false, 1, 1201]);
});

test('the first hit from a line on is the next one, and that of the beginning after the last', () => {
  const search = searchIn(['x', '', 'xx', ''], 'x');
  expect(search.firstFrom(0)).toBeUndefined();
  search.advance(1);
  expect([0, 1, 2, 3].map((line) => search.firstFrom(line))).toEqual([0, 1, 1, 0]);
});

test('does not keep more hits than anybody goes through', () => {
  const texts = Array.from({ length: 200 }, () => 'e'.repeat(4000));
  const search = searchIn(texts, 'e');
  search.advance(1);
  expect(search.hits()).toBe(MAX_HITS);
});
