import { describe, expect, test } from 'vitest';
import { planLaunches } from './plan-launches.ts';

/** `a1@5` is a deployment of project `a`, asked for at 5. */
function parse(text: string) {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word) => {
      const [id = '', createdAt] = word.split('@');
      return { id, projectId: id[0] ?? '', createdAt: Number(createdAt) };
    });
}

const CASES = [
  { why: 'nothing waits', waiting: '', running: {}, maxBuilds: 2, planned: [] },
  { why: 'no builder is free', waiting: 'a1@1', running: { a: 1, b: 1 }, maxBuilds: 2, planned: [] },
  { why: 'more run than may', waiting: 'a1@1', running: { a: 3 }, maxBuilds: 2, planned: [] },
  { why: 'oldest first', waiting: 'a2@2 a1@1', running: {}, maxBuilds: 1, planned: ['a1'] },
  { why: 'same moment: by id', waiting: 'a2@1 a1@1', running: {}, maxBuilds: 2, planned: ['a1', 'a2'] },
  {
    why: 'the idle project before the older deployment of a busy one',
    waiting: 'a1@1 b1@9',
    running: { a: 1 },
    maxBuilds: 2,
    planned: ['b1'],
  },
  {
    why: 'what was just planned counts as running',
    waiting: 'a1@1 a2@2 a3@3 b1@8 c1@9',
    running: {},
    maxBuilds: 4,
    planned: ['a1', 'b1', 'c1', 'a2'],
  },
  {
    why: 'a lone project may use every builder',
    waiting: 'a1@1 a2@2 a3@3',
    running: {},
    maxBuilds: 3,
    planned: ['a1', 'a2', 'a3'],
  },
];

describe('fairness between projects', () => {
  test.each(CASES)('$why', ({ waiting, running, maxBuilds, planned }) => {
    const situation = {
      waiting: parse(waiting),
      running: new Map(Object.entries(running as Record<string, number>)),
      maxBuilds,
    };
    expect(planLaunches(situation)).toEqual(planned);
  });
});
