import { describe, expect, test } from 'vitest';
import {
  type AliasClaim,
  decideAliasMove,
  mayWait,
  MAX_RECENT,
  rememberServed,
} from './decide-alias-move.ts';
import type { AliasKind } from './words.ts';

const NEWEST: AliasClaim = {
  environment: 'production',
  generation: 7,
  branch: { generation: 7, deleted: false },
  isProductionBranch: true,
  holdProduction: false,
};
const BRANCH_KINDS: AliasKind[] = ['branch', 'production'];

interface Row {
  readonly why: string;
  readonly kinds: AliasKind[];
  readonly claim?: Partial<AliasClaim>;
  readonly floor?: number;
  readonly expected: true | string;
}

const TABLE: Row[] = [
  { why: 'the newest request moves', kinds: [...BRANCH_KINDS, 'deployment'], expected: true },
  {
    why: 'an older request comes late',
    kinds: BRANCH_KINDS,
    claim: { generation: 6 },
    expected: 'newer-request',
  },
  {
    why: 'a branch that was recreated after its row was read elsewhere',
    kinds: BRANCH_KINDS,
    claim: { generation: 9 },
    expected: 'newer-request',
  },
  {
    why: 'the branch is gone, and its deletion is the newest generation',
    kinds: BRANCH_KINDS,
    claim: { branch: { generation: 8, deleted: true } },
    expected: 'branch-gone',
  },
  {
    why: 'the branch is gone, even under the same generation',
    kinds: BRANCH_KINDS,
    claim: { branch: { generation: 7, deleted: true } },
    expected: 'branch-gone',
  },
  { why: 'the branch is unknown', kinds: BRANCH_KINDS, claim: { branch: undefined }, expected: 'no-branch' },
  { why: 'a tag or a commit', kinds: BRANCH_KINDS, claim: { generation: null }, expected: 'no-branch' },
  { why: 'promoted after this was asked for', kinds: BRANCH_KINDS, floor: 8, expected: 'promoted' },
  { why: 'promoted at this generation', kinds: BRANCH_KINDS, floor: 7, expected: 'promoted' },
  { why: 'promoted before this was asked for', kinds: BRANCH_KINDS, floor: 6, expected: true },
  { why: 'production is held', kinds: ['production'], claim: { holdProduction: true }, expected: 'held' },
  {
    why: 'holding production holds no branch host',
    kinds: ['branch'],
    claim: { holdProduction: true },
    expected: true,
  },
  {
    why: 'a preview never moves production',
    kinds: ['production'],
    claim: { environment: 'preview' },
    expected: 'no-branch',
  },
  {
    why: 'the project has another production branch by now',
    kinds: ['production'],
    claim: { isProductionBranch: false },
    expected: 'no-branch',
  },
  {
    why: 'its own host always, however late',
    kinds: ['deployment'],
    claim: { generation: 1, branch: { generation: 8, deleted: true }, holdProduction: true },
    floor: 99,
    expected: true,
  },
  {
    why: 'its own host for a tag',
    kinds: ['deployment'],
    claim: { generation: null, branch: undefined },
    expected: true,
  },
];
const CASES = TABLE.flatMap((row) => row.kinds.map((kind) => ({ ...row, kind })));

describe('the promise on order', () => {
  test.each(CASES)('$kind: $why', ({ kind, claim, floor, expected }) => {
    const verdict = decideAliasMove(kind, { ...NEWEST, ...claim }, floor ?? 0);
    expect(verdict.move ? true : verdict.why).toBe(expected);
  });
});

describe('the waiting page', () => {
  test.each([
    { current: undefined, waits: true },
    { current: 'waiting', waits: true },
    { current: 'failed', waits: true },
    { current: 'blocked', waits: true },
    { current: 'gone', waits: true },
    { current: 'live', waits: false },
  ] as const)('over $current: $waits', ({ current, waits }) => {
    expect(mayWait(current)).toBe(waits);
  });
});

describe('earlier deployments of a host', () => {
  const served = (name: string) => ({ deploymentId: name, manifest: `manifest-${name}` });
  const names = (list: { deploymentId: string }[]) => list.map((one) => one.deploymentId).join(' ');

  test.each([
    { why: 'nothing before', next: 'b', previous: undefined, recent: '', expected: '' },
    { why: 'the one before comes first', next: 'c', previous: 'b', recent: 'a', expected: 'b a' },
    { why: 'a rollback leaves the list', next: 'a', previous: 'b', recent: 'a', expected: 'b' },
    { why: 'moving to itself changes nothing', next: 'b', previous: 'b', recent: 'a', expected: 'a' },
    { why: 'each once', next: 'd', previous: 'c', recent: 'b c a', expected: 'c b a' },
  ])('$why', ({ next, previous, recent, expected }) => {
    const list = recent.split(' ').filter(Boolean).map(served);
    const before = previous === undefined ? undefined : served(previous);
    expect(names(rememberServed(served(next), before, list))).toBe(expected);
  });

  test('the oldest fall out', () => {
    const list = Array.from({ length: MAX_RECENT }, (_, index) => served(`old-${index}`));
    const kept = rememberServed(served('next'), served('previous'), list);
    expect(kept).toHaveLength(MAX_RECENT);
    expect(kept[0]?.deploymentId).toBe('previous');
    expect(kept.at(-1)?.deploymentId).toBe(`old-${MAX_RECENT - 2}`);
  });
});
