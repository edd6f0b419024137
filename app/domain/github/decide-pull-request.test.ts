import { describe, expect, test } from 'vitest';
import { B, BASE, recorded, state, type Told, webhook } from '../../../test/support/pull-request-webhook.ts';
import {
  decidePullRequest,
  decidePullRequestState,
  type PullRequestRecord,
  type PullRequestUpdate,
} from './decide-pull-request.ts';

type Effect = Partial<Omit<PullRequestUpdate, 'kind' | 'reason'>>;
interface Row extends Told {
  readonly why: string;
  readonly action: string;
  readonly was?: PullRequestRecord;
  readonly effect?: Effect;
  readonly reason?: string;
}

const OWN = { from: BASE } as const;
const NOTHING: Effect = { host: 'keep', build: 'none', cancelBuilds: false, editComment: false };
const ASKS: Effect = { ...NOTHING, isTrusted: false, host: 'open', build: 'block', editComment: true };
const SHOWS: Effect = { ...NOTHING, isTrusted: true, host: 'open', build: 'by-push', editComment: true };

const ROWS: readonly Row[] = [
  {
    why: 'a fork’s commit waits',
    action: 'opened',
    effect: ASKS,
    reason: '#7 comes from a fork: aaaaaaa waits until somebody',
  },
  { why: 'a fork that is gone is a fork', action: 'opened', from: null, effect: ASKS },
  { why: 'a fork’s draft waits too', action: 'opened', isDraft: true, effect: ASKS },
  {
    why: 'its own repository’s is built by its push',
    action: 'opened',
    ...OWN,
    effect: SHOWS,
    reason: '#7 is at aaaaaaa, which the push to topic builds.',
  },
  {
    why: 'its own repository’s draft has its host, too',
    action: 'opened',
    ...OWN,
    isDraft: true,
    effect: SHOWS,
  },
  { why: 'one from before Offshoot came begins with its next commit', action: 'synchronize', effect: ASKS },
  {
    why: 'one that nobody knew is recorded as closed',
    action: 'closed',
    isOpen: false,
    effect: NOTHING,
    reason: '#7 is closed.',
  },

  {
    why: 'the next commit of a fork waits',
    action: 'synchronize',
    commit: B,
    was: recorded(),
    effect: { ...ASKS, host: 'keep' },
  },
  {
    why: 'the next commit of a fork whose last one was built waits',
    action: 'synchronize',
    commit: B,
    was: recorded({ isBuilt: true }),
    effect: { ...ASKS, host: 'keep' },
  },
  {
    why: 'the next commit of its own is built by its push',
    action: 'synchronize',
    ...OWN,
    commit: B,
    was: recorded(OWN),
    effect: { ...SHOWS, host: 'keep' },
  },

  {
    why: 'a fork’s commit waits again for another base, whose settings are others',
    action: 'edited',
    base: 'next',
    was: recorded({ isBuilt: true }),
    effect: { ...ASKS, host: 'keep' },
  },
  {
    why: 'another title changes nothing',
    action: 'edited',
    title: 'Another',
    was: recorded(),
    effect: { ...NOTHING, isTrusted: false },
    reason: 'Nothing about #7 changes what is built.',
  },
  {
    why: 'another title of its own changes nothing',
    action: 'edited',
    ...OWN,
    title: 'Another',
    was: recorded(OWN),
    effect: { ...NOTHING, isTrusted: true },
  },
  {
    why: 'a draft that is ready changes nothing',
    action: 'ready_for_review',
    was: recorded({ isDraft: true }),
    effect: NOTHING,
  },
  {
    why: 'what becomes a draft changes nothing',
    action: 'converted_to_draft',
    isDraft: true,
    was: recorded(),
    effect: NOTHING,
  },
  {
    why: 'a fork that was deleted since changes nothing',
    action: 'labeled',
    from: null,
    was: recorded(),
    effect: { ...NOTHING, isTrusted: false },
  },
  {
    why: 'the same commit under a fork’s name is not trusted any more',
    action: 'edited',
    was: recorded(OWN),
    effect: { ...ASKS, host: 'keep' },
  },
  {
    why: 'what a lost webhook would have said follows from the next',
    action: 'labeled',
    commit: B,
    was: recorded(),
    effect: { ...ASKS, host: 'keep' },
  },

  {
    why: 'a fork’s builds end with it',
    action: 'closed',
    isOpen: false,
    was: recorded(),
    effect: { ...NOTHING, host: 'close', cancelBuilds: true, editComment: true },
    reason: '#7 was closed: its host goes, and its comment says so.',
  },
  {
    why: 'a deleted fork’s builds end with it',
    action: 'closed',
    from: null,
    isOpen: false,
    was: recorded(),
    effect: { host: 'close', cancelBuilds: true },
  },
  {
    why: 'builds of its own are its branch’s',
    action: 'closed',
    ...OWN,
    isOpen: false,
    was: recorded(OWN),
    effect: { ...NOTHING, host: 'close', editComment: true },
  },
  {
    why: 'what is closed stays closed',
    action: 'labeled',
    isOpen: false,
    was: recorded({ isOpen: false }),
    effect: NOTHING,
  },
  {
    why: 'a commit of a closed one is no business of ours',
    action: 'synchronize',
    isOpen: false,
    commit: B,
    was: recorded({ isOpen: false }),
    effect: NOTHING,
  },

  { why: 'a fork’s commit waits anew', action: 'reopened', was: recorded({ isOpen: false }), effect: ASKS },
  {
    why: 'a fork’s commit that was built is served again',
    action: 'reopened',
    was: recorded({ isOpen: false, isBuilt: true }),
    effect: { ...ASKS, build: 'none' },
    reason: '#7 is open again at aaaaaaa, which was approved',
  },
  {
    why: 'a fork’s other commit waits',
    action: 'reopened',
    commit: B,
    was: recorded({ isOpen: false, isBuilt: true }),
    effect: ASKS,
  },
  {
    why: 'its own is served again',
    action: 'reopened',
    ...OWN,
    was: recorded({ ...OWN, isOpen: false }),
    effect: SHOWS,
  },
];

test.each(ROWS)('$action: $why', ({ action, was, effect = {}, reason = '', ...told }) => {
  const decision = decidePullRequest(webhook(action, told), was);
  expect(decision).toMatchObject({ kind: 'update', ...effect });
  expect(decision.reason).toContain(reason);
});

test.each<{ why: string; action: string; told: Told; was?: PullRequestRecord; kind: string; reason: string }>(
  [
    {
      why: 'a label on one that nobody knows',
      action: 'labeled',
      told: {},
      kind: 'ignore',
      reason: '#7 is not known, and nothing is built because it was labeled.',
    },
    {
      why: 'a review of one that nobody knows',
      action: 'review_requested',
      told: {},
      kind: 'ignore',
      reason: 'because it was review requested.',
    },
    { why: 'an odd action', action: '<b>', told: {}, kind: 'ignore', reason: 'because it was changed.' },
    {
      why: 'an older closing',
      action: 'closed',
      told: { isOpen: false, second: 1 },
      was: recorded({ second: 2 }),
      kind: 'ignore',
      reason: 'A newer state of #7 is recorded.',
    },
    {
      why: 'an older commit',
      action: 'synchronize',
      told: { commit: B, second: 1 },
      was: recorded({ second: 2 }),
      kind: 'ignore',
      reason: 'A newer state of #7 is recorded.',
    },
    {
      why: 'the same again',
      action: 'opened',
      told: { second: 1 },
      was: recorded(),
      kind: 'ignore',
      reason: 'This state of #7 is recorded already.',
    },
    ...[
      { commit: B },
      { isOpen: false },
      { isDraft: true },
      { title: 'Another' },
      { base: 'next' },
      { from: null },
      { headRef: 'other' },
    ].map((told) => ({
      why: `another state of the same second (${JSON.stringify(told)})`,
      action: 'synchronize',
      told: { ...told, second: 1 },
      was: recorded(),
      kind: 'defer',
      reason: 'GitHub is asked which is newer.',
    })),
  ],
)('$why: $kind', ({ action, told, was, kind, reason }) => {
  expect(decidePullRequest(webhook(action, told), was)).toEqual({
    kind,
    reason: expect.stringContaining(reason),
  });
});

describe('what GitHub answers when it is asked', () => {
  test.each<{
    why: string;
    told: Told;
    was?: PullRequestRecord;
    expected: Partial<PullRequestUpdate> | { kind: 'ignore' };
  }>([
    { why: 'of one that nobody knows', told: {}, expected: ASKS },
    {
      why: 'of the same second',
      told: { commit: B, second: 1 },
      was: recorded(),
      expected: { build: 'block' },
    },
    { why: 'that changes nothing', told: { second: 1 }, was: recorded(), expected: NOTHING },
    {
      why: 'that was overtaken by a webhook',
      told: { commit: B, second: 1 },
      was: recorded({ second: 2 }),
      expected: { kind: 'ignore' },
    },
  ])('$why', ({ told, was, expected }) => {
    expect(decidePullRequestState(state(told), was)).toMatchObject(expected);
  });
});
