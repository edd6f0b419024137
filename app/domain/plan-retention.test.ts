import { describe, expect, test } from 'vitest';
import { type KeptDeployment, planRetention, type RetentionSituation } from './plan-retention.ts';

const DAY_MS = 86_400_000;
const NOW = 1000 * DAY_MS;

/** `a` was created first, `b` a day later, and so on. */
function branch(id: string, changes: Partial<KeptDeployment> = {}): KeptDeployment {
  const createdAt = (id.codePointAt(0) ?? 0) * DAY_MS;
  const named = { id, refKind: 'branch', ref: 'main' } as const;
  return { ...named, status: 'ready', pinned: false, createdAt, finishedAt: createdAt, ...changes };
}

function situation(deployments: KeptDeployment[], changes: Partial<RetentionSituation> = {}) {
  const bounds = { keepPerBranch: 2, previewMs: 30 * DAY_MS, now: NOW };
  return { deployments, goneBranches: new Map(), liveIds: new Set<string>(), ...bounds, ...changes };
}

const gone = (daysAgo: number) => new Map([['main', NOW - daysAgo * DAY_MS]]);

describe('retention', () => {
  test.each([
    { why: 'as many as are kept', of: situation([branch('a'), branch('b')]), removed: '' },
    { why: 'the oldest goes', of: situation([branch('c'), branch('a'), branch('b')]), removed: 'a' },
    {
      why: 'each branch by itself',
      of: situation([branch('a'), branch('b', { ref: 'x' }), branch('c'), branch('d')]),
      removed: 'a',
    },
    {
      why: 'what is live stays',
      of: situation([branch('a'), branch('b'), branch('c'), branch('d')], { liveIds: new Set(['a']) }),
      removed: 'b',
    },
    {
      why: 'what is pinned stays',
      of: situation([branch('a', { pinned: true }), branch('b'), branch('c'), branch('d')]),
      removed: 'b',
    },
    {
      why: 'what is unfinished stays',
      of: situation([branch('a', { status: 'building', finishedAt: null }), branch('b'), branch('c')]),
      removed: '',
    },
    {
      why: 'failures do not push out what one can roll back to',
      of: situation(
        ['a', 'b', 'c']
          .map((id) => branch(id))
          .concat(['d', 'e', 'f'].map((id) => branch(id, { status: 'failed' }))),
      ),
      removed: 'a d',
    },
    {
      why: 'a branch that went lately is kept',
      of: situation([branch('a'), branch('b')], { goneBranches: gone(29) }),
      removed: '',
    },
    {
      why: 'a branch that went long ago is not',
      of: situation([branch('a'), branch('b')], { goneBranches: gone(30) }),
      removed: 'a b',
    },
    {
      why: 'what of it is live or pinned is',
      of: situation([branch('a'), branch('b', { pinned: true }), branch('c')], {
        goneBranches: gone(99),
        liveIds: new Set(['a']),
      }),
      removed: 'c',
    },
    {
      why: 'tags and commits from their end on',
      of: situation([
        branch('a', { refKind: 'tag', ref: 'v1', finishedAt: NOW - 30 * DAY_MS }),
        branch('b', { refKind: 'commit', finishedAt: NOW - 29 * DAY_MS }),
        branch('c', { refKind: 'tag', ref: 'v1', finishedAt: NOW - DAY_MS }),
        branch('d', { refKind: 'tag', ref: 'v1', finishedAt: NOW }),
      ]),
      removed: 'a',
    },
    {
      why: 'a tag named like a branch that is gone',
      of: situation([branch('a', { refKind: 'tag', finishedAt: NOW })], { goneBranches: gone(99) }),
      removed: '',
    },
  ])('$why', ({ of, removed }) => {
    expect(planRetention(of).toSorted().join(' ')).toBe(removed);
  });
});
