import { expect, test } from 'vitest';
import { type HeadRecord, MAX_HEAD_SYNCS, planHeadSync } from './plan-head-sync.ts';

const at = (name: string, commit: string | null): HeadRecord => ({ name, commit, deletedAt: null });
const gone = (name: string): HeadRecord => ({ name, commit: null, deletedAt: new Date(0) });

test.each<{ why: string; recorded: HeadRecord[]; heads: [string, string][]; asked: string[] }>([
  { why: 'what is where it should be is not', recorded: [at('a', '1')], heads: [['a', '1']], asked: [] },
  {
    why: 'what moved is',
    recorded: [at('a', '1'), at('b', '2')],
    heads: [
      ['a', '3'],
      ['b', '2'],
    ],
    asked: ['a'],
  },
  { why: 'what is gone is', recorded: [at('a', '1'), at('b', '2')], heads: [['b', '2']], asked: ['a'] },
  { why: 'what is back is', recorded: [gone('a')], heads: [['a', '1']], asked: ['a'] },
  { why: 'what is gone and known to be is not', recorded: [gone('a')], heads: [['b', '1']], asked: [] },
  { why: 'what was uploaded is not', recorded: [at('a', null)], heads: [['a', '1']], asked: [] },
  { why: 'what was never seen is not', recorded: [], heads: [['a', '1']], asked: [] },
  { why: 'an empty list says nothing', recorded: [at('a', '1')], heads: [], asked: [] },
])('asked about: $why', ({ recorded, heads, asked }) => {
  expect(planHeadSync(recorded, new Map(heads))).toEqual(asked);
});

test('a round asks about a hundred', () => {
  const recorded = Array.from({ length: MAX_HEAD_SYNCS + 1 }, (_, index) => at(`b${index}`, '1'));
  expect(planHeadSync(recorded, new Map([['other', '1']]))).toHaveLength(MAX_HEAD_SYNCS);
});
