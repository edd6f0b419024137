import { assert, constantFrom, option, property, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import { FAILURE_REASONS } from '../../../contracts/phases.ts';
import { isFinal } from '../transition.ts';
import { DEPLOYMENT_STATUSES } from '../words.ts';
import {
  formatCommitStatus,
  MAX_DESCRIPTION_LENGTH,
  type ReportedDeployment,
} from './format-commit-status.ts';

const PAGE = 'https://offshoot.example.com/deployments/x';
const status = (deployment: Partial<ReportedDeployment>) =>
  formatCommitStatus({ status: 'failed', reason: null, message: null, ...deployment }, 'shop', PAGE);

test('a status has the project’s context and leads to the deployment’s page', () => {
  expect(status({ status: 'ready' })).toEqual({
    state: 'success',
    context: 'offshoot/shop',
    description: 'It was built and published.',
    target_url: PAGE,
  });
});

test.each([
  ['queued', 'pending', 'It waits for a builder.'],
  ['launching', 'pending', 'A builder is starting.'],
  ['building', 'pending', 'The build runs.'],
  ['blocked', 'pending', 'It comes from a fork: somebody with write permission has to approve this commit.'],
  ['canceled', 'error', 'It was canceled before it was done.'],
  ['superseded', 'error', 'A newer deployment took its place before it was built.'],
  ['skipped', 'success', 'Nothing was built, because the commit asks for that.'],
  ['failed', 'error', 'It failed.'],
] as const)('%s is %s: %s', (word, state, description) => {
  expect(status({ status: word })).toMatchObject({ state, description });
});

test('only what the commit can’t help is an error; all other failures are the commit’s', () => {
  const errors = FAILURE_REASONS.filter((reason) => status({ reason }).state === 'error');
  expect(errors).toEqual(['clone_failed', 'lost', 'launch_failed']);
  const failures = FAILURE_REASONS.filter((reason) => status({ reason }).state === 'failure');
  expect(failures).toHaveLength(FAILURE_REASONS.length - errors.length);
});

test('whatever is over has an end, and only that', () => {
  const pending = DEPLOYMENT_STATUSES.filter((word) => status({ status: word }).state === 'pending');
  expect(pending).toEqual(DEPLOYMENT_STATUSES.filter((word) => !isFinal(word)));
});

test.each<[Partial<ReportedDeployment>, string]>([
  [{ reason: 'build_failed', message: 'It ended with 1.' }, 'The build command failed: It ended with 1.'],
  [{ reason: 'build_failed' }, 'The build command failed.'],
  [{ status: 'skipped', message: 'It says [skip ci].' }, 'It says [skip ci].'],
  [{ status: 'ready', message: 'Fine.' }, 'It was built and published.'],
  [{ reason: 'timeout', message: 'a\n\u001b[31mb\u202e' }, 'A phase took longer than it may: a b'],
])('%j says: %s', (deployment, description) => {
  expect(status(deployment).description).toBe(description);
});

test('a description is never longer than GitHub takes, and never ends within a character', () => {
  const deployment = record({
    status: constantFrom(...DEPLOYMENT_STATUSES),
    reason: option(constantFrom(...FAILURE_REASONS)),
    message: option(
      string({ unit: constantFrom('😀', 'a', '\ud83d', '\n'), minLength: 100, maxLength: 200 }),
    ),
  });
  assert(
    property(deployment, (given) => {
      const { description } = status(given);
      expect(description.length).toBeLessThanOrEqual(MAX_DESCRIPTION_LENGTH);
      expect(description.length).toBeGreaterThan(0);
      expect(description.isWellFormed()).toBe(true);
    }),
  );
});
