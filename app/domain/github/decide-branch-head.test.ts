import { expect, test } from 'vitest';
import { type BranchHead, type BranchRecord, decideBranchHead, type PushDecision } from './decide-push.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const PROJECT = { productionBranch: 'main' };
const holds = (commit: string | null, pushedAt: Date | null = new Date(1)): BranchRecord => ({
  commit,
  deletedAt: null,
  pushedAt,
});
const gone = (): BranchRecord => ({ ...holds(null), deletedAt: new Date(0) });

const head = (commit: string, message = 'm'): BranchHead => ({ commit, message });
test.each<{ why: string; head: BranchHead; recorded?: BranchRecord; expected: Partial<PushDecision> }>([
  { why: 'another commit', head: head(B), recorded: holds(A), expected: { kind: 'deploy', commit: B } },
  { why: 'an unknown branch', head: head(B), expected: { kind: 'deploy', commit: B } },
  {
    why: 'a branch that was deleted',
    head: head(B),
    recorded: gone(),
    expected: { kind: 'deploy', commit: B },
  },
  {
    why: 'what was uploaded last',
    head: head(B),
    recorded: holds(null),
    expected: { kind: 'deploy', commit: B },
  },
  {
    why: 'the recorded commit',
    head: head(A),
    recorded: holds(A),
    expected: { kind: 'ignore', reason: 'topic is recorded at aaaaaaa already.' },
  },
  {
    why: 'the recorded commit, of which no push was seen',
    head: head(A),
    recorded: holds(A, null),
    expected: { kind: 'ignore' },
  },
  {
    why: 'words that skip',
    head: head(B, '[no ci]'),
    recorded: holds(A),
    expected: { kind: 'skip', commit: B },
  },
  {
    why: 'a branch that is gone',
    head: 'gone',
    recorded: holds(A),
    expected: { kind: 'forget-branch', branch: 'topic' },
  },
  {
    why: 'an uploaded branch that is gone',
    head: 'gone',
    recorded: holds(null),
    expected: { kind: 'forget-branch' },
  },
  {
    why: 'a branch that is known to be gone',
    head: 'gone',
    recorded: gone(),
    expected: { kind: 'ignore', reason: 'topic is recorded as gone already.' },
  },
  { why: 'a branch that never was', head: 'gone', expected: { kind: 'ignore' } },
])('sync-branch is told the head; $why: $expected.kind', ({ head, recorded, expected }) => {
  expect(decideBranchHead('topic', head, PROJECT, recorded)).toMatchObject(expected);
});
