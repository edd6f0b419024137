import { expect, test } from 'vitest';
import {
  type Caller,
  decideApproval,
  type DeployTarget,
  type Permission,
  type Refusal,
  type Way,
} from './decide-approval.ts';

const HEAD = 'a'.repeat(40);
const OLDER = 'b'.repeat(40);
const at = (second: number) => new Date(second * 1000);

const user = (permission: Permission): Caller => ({ kind: 'github-user', login: 'ada', permission });
const CALLERS: Readonly<Record<string, Caller>> = {
  nobody: { kind: 'nobody' },
  none: user('none'),
  read: user('read'),
  triage: user('triage'),
  write: user('write'),
  maintain: user('maintain'),
  admin: user('admin'),
  administrator: { kind: 'administrator' },
  bot: { kind: 'bot', login: 'helper[bot]' },
  builder: { kind: 'builder' },
};
const CALLER_NAMES = Object.keys(CALLERS);

type PullRequest = Extract<DeployTarget, { kind: 'pull-request' }>;
const FORK: PullRequest = {
  kind: 'pull-request',
  headRepositoryId: 3,
  baseRepositoryId: 2,
  isOpen: true,
  isDraft: false,
  commit: HEAD,
  headCommit: HEAD,
  status: 'blocked',
  knownSince: at(1),
};
const OWN = { ...FORK, headRepositoryId: 2, status: null };
const GONE = { ...FORK, headRepositoryId: null };

const dashboard: Way = { kind: 'dashboard' };
const redeploy: Way = { kind: 'redeploy' };
const comment: Way = { kind: 'comment', createdAt: at(2) };

// Who may, column by column: + deploys, ! approves, and of those who may not, why. Each row is a situation.
const KEY: Readonly<Record<string, Refusal | 'deploy' | 'approve'>> = {
  '+': 'deploy',
  '!': 'approve',
  i: 'nobody',
  b: 'bot',
  t: 'builder',
  p: 'permission',
  a: 'no-author',
  c: 'closed',
  o: 'older-commit',
  n: 'newer-commit',
  s: 'no-sandbox',
  k: 'not-known',
  d: 'not-blocked',
  w: 'still-blocked',
};

interface Situation {
  readonly what: string;
  readonly way: Way;
  readonly target: DeployTarget;
  readonly hasSandbox?: boolean;
  /** nobody, none, read, triage, write, maintain, admin, administrator, bot, builder */
  readonly may: string;
}

const SITUATIONS: readonly Situation[] = [
  { what: 'a branch, in the dashboard', way: dashboard, target: { kind: 'own' }, may: 'i ppp +++ + b t' },
  { what: 'a branch, again', way: redeploy, target: { kind: 'own' }, may: 'i ppp +++ + b t' },
  {
    what: 'a branch, without a sandbox',
    way: dashboard,
    target: { kind: 'own' },
    hasSandbox: false,
    may: 'i ppp +++ + b t',
  },
  { what: 'its own pull request, in the dashboard', way: dashboard, target: OWN, may: 'i ppp +++ + b t' },
  { what: 'its own pull request, in a comment', way: comment, target: OWN, may: 'i ppp +++ a b t' },
  {
    what: 'its own draft, in a comment',
    way: comment,
    target: { ...OWN, isDraft: true },
    may: 'i ppp +++ a b t',
  },
  {
    what: 'its own pull request, without a sandbox',
    way: comment,
    target: OWN,
    hasSandbox: false,
    may: 'i ppp +++ a b t',
  },
  {
    what: 'its own older commit, again',
    way: redeploy,
    target: { ...OWN, commit: OLDER },
    may: 'i ppp +++ + b t',
  },
  {
    what: 'its own pull request that is closed',
    way: comment,
    target: { ...OWN, isOpen: false },
    may: 'i ppp ccc a b t',
  },
  { what: 'a fork’s commit, in the dashboard', way: dashboard, target: FORK, may: 'i ppp !!! ! b t' },
  { what: 'a fork’s commit, in a comment', way: comment, target: FORK, may: 'i ppp !!! a b t' },
  {
    what: 'a fork’s commit of the comment’s second',
    way: comment,
    target: { ...FORK, knownSince: at(2) },
    may: 'i ppp nnn a b t',
  },
  {
    what: 'a fork’s commit that came after the comment',
    way: comment,
    target: { ...FORK, knownSince: at(3) },
    may: 'i ppp nnn a b t',
  },
  {
    what: 'a fork’s draft, in the dashboard',
    way: dashboard,
    target: { ...FORK, isDraft: true },
    may: 'i ppp !!! ! b t',
  },
  {
    what: 'a fork’s draft, in a comment',
    way: comment,
    target: { ...FORK, isDraft: true },
    may: 'i ppp !!! a b t',
  },
  {
    what: 'the commit of a fork that is gone, in the dashboard',
    way: dashboard,
    target: GONE,
    may: 'i ppp !!! ! b t',
  },
  {
    what: 'the commit of a fork that is gone, in a comment',
    way: comment,
    target: GONE,
    may: 'i ppp !!! a b t',
  },
  {
    what: 'a commit of a fork that is gone and closed',
    way: dashboard,
    target: { ...GONE, isOpen: false },
    may: 'i ppp ccc c b t',
  },
  {
    what: 'a fork’s older commit, in the dashboard',
    way: dashboard,
    target: { ...FORK, commit: OLDER },
    may: 'i ppp ooo o b t',
  },
  {
    what: 'a fork’s older commit, in a comment',
    way: comment,
    target: { ...FORK, commit: OLDER },
    may: 'i ppp ooo a b t',
  },
  {
    what: 'a fork’s older commit that was built, again',
    way: redeploy,
    target: { ...FORK, commit: OLDER, status: 'ready' },
    may: 'i ppp ooo o b t',
  },
  {
    what: 'a closed fork’s commit, in the dashboard',
    way: dashboard,
    target: { ...FORK, isOpen: false },
    may: 'i ppp ccc c b t',
  },
  {
    what: 'a closed fork’s commit, in a comment',
    way: comment,
    target: { ...FORK, isOpen: false },
    may: 'i ppp ccc a b t',
  },
  {
    what: 'a closed fork’s commit that was built, again',
    way: redeploy,
    target: { ...FORK, isOpen: false, status: 'ready' },
    may: 'i ppp ccc c b t',
  },
  {
    what: 'a fork’s commit without a sandbox, in the dashboard',
    way: dashboard,
    target: FORK,
    hasSandbox: false,
    may: 'i ppp sss s b t',
  },
  {
    what: 'a fork’s commit without a sandbox, in a comment',
    way: comment,
    target: FORK,
    hasSandbox: false,
    may: 'i ppp sss a b t',
  },
  {
    what: 'a fork’s built commit without a sandbox, again',
    way: redeploy,
    target: { ...FORK, status: 'ready' },
    hasSandbox: false,
    may: 'i ppp sss s b t',
  },
  ...(['queued', 'launching', 'building', 'ready'] as const).flatMap((status): Situation[] => [
    {
      what: `a fork’s commit that is ${status}, in the dashboard`,
      way: dashboard,
      target: { ...FORK, status },
      may: 'i ppp ddd d b t',
    },
    {
      what: `a fork’s commit that is ${status}, in a comment`,
      way: comment,
      target: { ...FORK, status },
      may: 'i ppp ddd a b t',
    },
    {
      what: `a fork’s commit that is ${status}, again`,
      way: redeploy,
      target: { ...FORK, status },
      may: 'i ppp +++ + b t',
    },
  ]),
  ...(['failed', 'canceled', 'superseded', 'skipped'] as const).flatMap((status): Situation[] => [
    {
      what: `a fork’s commit that was ${status}, in a comment`,
      way: comment,
      target: { ...FORK, status },
      may: 'i ppp +++ a b t',
    },
    {
      what: `a fork’s commit that was ${status}, again`,
      way: redeploy,
      target: { ...FORK, status },
      may: 'i ppp +++ + b t',
    },
  ]),
  { what: 'a fork’s commit that waits, again', way: redeploy, target: FORK, may: 'i ppp www w b t' },
  {
    what: 'a fork’s commit that nobody knows, in a comment',
    way: comment,
    target: { ...FORK, status: null },
    may: 'i ppp kkk a b t',
  },
  {
    what: 'a fork’s commit that nobody knows, again',
    way: redeploy,
    target: { ...FORK, status: null },
    may: 'i ppp kkk k b t',
  },
];

const ROWS = SITUATIONS.flatMap(({ may, hasSandbox = true, ...situation }) =>
  Array.from(may.replaceAll(' ', ''), (letter, index) => {
    const name = CALLER_NAMES[index] ?? '';
    return { ...situation, name, caller: CALLERS[name], hasSandbox, verdict: KEY[letter] };
  }),
);

test('the table has a row for each caller and situation, at least a hundred', () => {
  expect(ROWS.length).toBe(SITUATIONS.length * CALLER_NAMES.length);
  expect(ROWS.length).toBeGreaterThanOrEqual(100);
});

test.each(ROWS)('$name, $what: $verdict', ({ caller, way, target, hasSandbox, verdict }) => {
  if (caller === undefined || verdict === undefined) throw new Error('the table is misspelt');
  const decided = decideApproval(caller, way, target, { hasSandbox });
  const isAllowed = verdict === 'deploy' || verdict === 'approve';
  const isOwn = target.kind === 'own' || target.headRepositoryId === target.baseRepositoryId;
  const allowed = { allowed: true, effect: verdict, isTrusted: isOwn };
  expect(decided).toMatchObject(isAllowed ? allowed : { allowed: false, why: verdict });
  expect('reason' in decided ? decided.reason : 'It may.').toMatch(/^(?:[A-Z]|ada |helper\[bot\] )[^\n]+\.$/);
});

test.each([
  ['none', 'ada has no access to the repository: deploying takes write permission.'],
  ['read', 'ada may only read the repository: deploying takes write permission.'],
  ['triage', 'ada may only triage the repository: deploying takes write permission.'],
] as const)('who has the permission %s is told what is missing', (permission, reason) => {
  const decided = decideApproval(user(permission), dashboard, { kind: 'own' }, { hasSandbox: true });
  expect(decided).toEqual({ allowed: false, why: 'permission', reason });
});
