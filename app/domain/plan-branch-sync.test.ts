import { expect, test } from 'vitest';
import { planBranchSync } from './plan-branch-sync.ts';

const GONE = new Date(0);
const branch = (name: string, deletedAt: Date | null = null) => ({ name, generation: 1, deletedAt });
const RECORDED = [branch('kept'), branch('removed'), branch('long gone', GONE), branch('recreated', GONE)];

test.each([
  { why: 'what is missing is gone, what is there again is back', listed: ['kept', 'recreated', 'new'] },
  { why: 'all are there', listed: ['kept', 'removed'], gone: [], back: [] },
  { why: 'an empty list says nothing', listed: [], gone: [], back: [] },
])('$why', ({ listed, gone = ['removed'], back = ['recreated'] }) => {
  const plan = planBranchSync(RECORDED, new Map(listed.map((name) => [name, 'c'])));
  const names = (branches: readonly { name: string }[]) => branches.map(({ name }) => name);
  expect([names(plan.gone), names(plan.back)]).toEqual([gone, back]);
});
