import { expect, test } from 'vitest';
import { type GivenPush, NONE, pushWebhook } from '../../../test/support/push-webhook.ts';
import {
  type BranchRecord,
  decideBranchHead,
  decidePush,
  keptPushedAt,
  outcomeOf,
  type PushDecision,
} from './decide-push.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const C = 'c'.repeat(40);
const PROJECT = { productionBranch: 'main' };
const at = (second: number) => new Date(second * 1000);

type Given = Partial<Omit<GivenPush, 'pushedAt'>> & { readonly second?: number | null };
const push = ({ second = 2, ...given }: Given) =>
  pushWebhook({ from: A, to: B, pushedAt: second === null ? null : at(second), ...given });

const holds = (commit: string | null, second: number | null = 1): BranchRecord => ({
  commit,
  deletedAt: null,
  pushedAt: second === null ? null : at(second),
});
const gone = (second: number | null = 1): BranchRecord => ({ ...holds(null, second), deletedAt: at(0) });

interface Row extends Given {
  readonly why: string;
  readonly recorded?: BranchRecord;
  readonly expected: PushDecision['kind'];
  /** The beginning of the reason. */
  readonly reason?: string;
}

const ROWS: readonly Row[] = [
  {
    why: 'a new branch',
    from: NONE,
    to: A,
    expected: 'deploy',
    reason: 'topic is at aaaaaaa, which is deployed to a preview.',
  },
  {
    why: 'the next commit',
    recorded: holds(A),
    expected: 'deploy',
    reason: 'topic is at bbbbbbb, which is deployed to a preview.',
  },
  { why: 'a force push back to A, after A → B', from: B, to: A, recorded: holds(B), expected: 'deploy' },
  {
    why: 'a branch that was deleted and is pushed anew',
    from: NONE,
    to: A,
    recorded: gone(),
    expected: 'deploy',
  },
  { why: 'a new branch without a time', from: NONE, to: A, second: null, expected: 'deploy' },

  {
    why: 'a deletion',
    to: NONE,
    recorded: holds(A),
    expected: 'forget-branch',
    reason: 'topic was deleted.',
  },
  { why: 'the deletion of a branch that nobody knows', to: NONE, expected: 'forget-branch' },
  {
    why: 'a deletion again',
    to: NONE,
    recorded: gone(),
    expected: 'ignore',
    reason: 'topic is recorded as gone already.',
  },
  {
    why: 'the deletion of another commit than the branch is at',
    to: NONE,
    recorded: holds(B),
    expected: 'defer',
    reason: 'The push to topic begins at aaaaaaa, but the branch is recorded at bbbbbbb. GitHub is asked',
  },
  {
    why: 'a deletion that is no later than what was seen',
    to: NONE,
    second: 1,
    recorded: holds(A),
    expected: 'defer',
  },

  {
    why: 'the same push under a new GUID',
    second: 1,
    recorded: holds(B),
    expected: 'ignore',
    reason: 'topic is recorded at bbbbbbb already.',
  },
  {
    why: 'a push of what somebody deployed by hand before its webhook came',
    recorded: holds(B, null),
    expected: 'ignore',
  },
  {
    why: 'the same new branch under a new GUID',
    from: NONE,
    to: A,
    second: 1,
    recorded: holds(A),
    expected: 'ignore',
  },

  {
    why: 'the first push that is seen of an old branch',
    expected: 'defer',
    reason: 'topic is older than what was seen of it. GitHub is asked where the branch is.',
  },
  {
    why: 'a push that begins elsewhere (one before it is missing)',
    from: B,
    to: C,
    recorded: holds(A),
    expected: 'defer',
    reason: 'The push to topic begins at bbbbbbb, but the branch is recorded at aaaaaaa.',
  },
  {
    why: 'a late push that begins where the branch is again (A → B → A)',
    second: 1,
    recorded: holds(A, 2),
    expected: 'defer',
    reason: 'The push to topic may be older than the newest one that was seen. GitHub is asked',
  },
  { why: 'a push within the second of the newest one', second: 1, recorded: holds(A, 1), expected: 'defer' },
  { why: 'a push without a time', second: null, recorded: holds(A), expected: 'defer' },
  { why: 'a push to a branch whose pushes nobody saw', recorded: holds(A, null), expected: 'defer' },
  {
    why: 'a push to what was uploaded last',
    recorded: holds(null),
    expected: 'defer',
    reason: 'The push to topic begins at aaaaaaa, but the branch is recorded at an unknown commit.',
  },
  {
    why: 'a late push to a deleted branch',
    recorded: gone(3),
    expected: 'defer',
    reason: 'The push to topic begins at aaaaaaa, but the branch is recorded at nothing.',
  },
  {
    why: 'the late beginning of a deleted branch',
    from: NONE,
    to: A,
    second: 1,
    recorded: gone(3),
    expected: 'defer',
  },
  {
    why: 'the late beginning of a living branch',
    from: NONE,
    to: A,
    recorded: holds(B, 3),
    expected: 'defer',
    reason: 'The push to topic begins at nothing, but',
  },

  {
    why: 'a tag',
    ref: 'v1',
    refKind: 'tag',
    expected: 'ignore',
    reason: 'Tags are not deployed: v1 is one.',
  },
  {
    why: 'another ref',
    ref: 'refs/notes/x',
    refKind: 'other',
    expected: 'ignore',
    reason: 'refs/notes/x is no branch, so it is not deployed.',
  },
  {
    why: 'a push without a commit',
    from: NONE,
    message: null,
    expected: 'ignore',
    reason: 'The push to topic names no commit.',
  },

  {
    why: 'words that skip',
    message: 'Typo [skip ci]',
    recorded: holds(A),
    expected: 'skip',
    reason: 'The message of bbbbbbb says [skip ci], so it is not built.',
  },
  {
    why: 'words that skip, of a push that has to be asked about',
    message: '[skip ci]',
    recorded: holds(C),
    expected: 'defer',
  },
  {
    why: 'words that skip, of a push that was seen',
    message: '[skip ci]',
    recorded: holds(B),
    expected: 'ignore',
  },
];

test.each(ROWS)('$why: $expected', ({ recorded, expected, reason = '', ...given }) => {
  const decision = decidePush(push(given), PROJECT, recorded);
  expect(decision).toMatchObject({ kind: expected, reason: expect.stringMatching(/^[^\n]+\.$/) });
  expect(decision.reason.slice(0, reason.length)).toBe(reason);
});

test.each([
  {
    branch: 'main',
    environment: 'production',
    hasHost: true,
    reason: 'main is at aaaaaaa, which is deployed to production.',
  },
  {
    branch: 'maintenance',
    environment: 'preview',
    hasHost: true,
    reason: 'maintenance is at aaaaaaa, which is deployed to a preview.',
  },
  { branch: 'x/gh-readonly-queue/main', environment: 'preview', hasHost: true },
  { branch: 'gh-readonly-queue', environment: 'preview', hasHost: true },
  {
    branch: 'gh-readonly-queue/main/pr-1-a',
    environment: 'preview',
    hasHost: false,
    reason: 'aaaaaaa is in the merge queue: it is built and reported, without a host.',
  },
])('$branch is deployed to $environment, host: $hasHost', ({ branch, ...expected }) => {
  const build = { kind: 'deploy', branch, commit: A, ...expected };
  expect(decidePush(push({ ref: branch, from: NONE, to: A }), PROJECT, undefined)).toMatchObject(build);
  expect(decideBranchHead(branch, { commit: A, message: 'm' }, PROJECT, undefined)).toMatchObject(build);
});

test.each([
  { why: 'the first push', second: 2, recorded: undefined, kept: at(2) },
  { why: 'a later push', second: 2, recorded: holds(A, 1), kept: at(2) },
  { why: 'a push from before', second: 1, recorded: gone(2), kept: at(2) },
  { why: 'a push without a time', second: null, recorded: holds(A, 2), kept: at(2) },
  { why: 'the first push of which the time is known', second: 2, recorded: holds(A, null), kept: at(2) },
  { why: 'no time at all', second: null, recorded: undefined, kept: null },
])('the newest push that was seen is remembered: $why', ({ second, recorded, kept }) => {
  expect(keptPushedAt(push({ second }), recorded)).toEqual(kept);
});

test.each([
  { kind: 'deploy', outcome: 'handled' },
  { kind: 'skip', outcome: 'handled' },
  { kind: 'forget-branch', outcome: 'handled' },
  { kind: 'defer', outcome: 'deferred' },
  { kind: 'ignore', outcome: 'ignored' },
] as const)('$kind is listed as $outcome', ({ kind, outcome }) => {
  expect(outcomeOf({ kind })).toBe(outcome);
});
