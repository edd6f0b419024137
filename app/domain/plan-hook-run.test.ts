import { describe, expect, it } from 'vitest';
import { isId } from '../../contracts/ids.ts';
import { decideHookRetry, HOOK_GIVE_UP_MS, HOOK_SPAN_MS, planHookRuns } from './plan-hook-run.ts';

const START = 1_800_000_000_000;

describe('the runs of a deploy hook', () => {
  it.each([
    [0, 0, HOOK_SPAN_MS],
    [1, 1, HOOK_SPAN_MS],
    [HOOK_SPAN_MS - 1, HOOK_SPAN_MS - 1, HOOK_SPAN_MS],
    [HOOK_SPAN_MS, HOOK_SPAN_MS, 2 * HOOK_SPAN_MS],
  ])('%i ms into a span begin after %i ms, or after %i ms', (after, now, next) => {
    const runs = planHookRuns('hash', START + after);
    expect(runs.map(({ startsAt }) => startsAt - START)).toEqual([now, next]);
  });

  it('are the same for all calls of a span, and the next of one is the now of the following', () => {
    const names = (after: number) =>
      planHookRuns('hash', START + after).map(({ jobId, deploymentId }) => [jobId, deploymentId]);
    expect(names(0)).toEqual(names(HOOK_SPAN_MS - 1));
    expect(names(0)[1]).toEqual(names(HOOK_SPAN_MS)[0]);
    expect(names(0)[0]).not.toEqual(names(0)[1]);
  });

  it('of other hooks are others', () => {
    const [one, other] = [planHookRuns('one', START)[0], planHookRuns('other', START)[0]];
    expect(one.jobId).not.toBe(other.jobId);
    expect(one.deploymentId).not.toBe(other.deploymentId);
  });

  it('have names that jobs and deployments can have', () => {
    const [{ jobId, deploymentId }] = planHookRuns('hash', START);
    expect(isId(deploymentId)).toBe(true);
    expect(jobId).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
  });
});

describe('a run whose repository can not be asked', () => {
  it.each([
    ['is tried again soon', 0, 0, { next: 'retry', afterMs: 15_000 }],
    ['is tried again though calls before its start share it', -5000, 0, { next: 'retry', afterMs: 15_000 }],
    ['is tried again less often', 0, 600_000, { next: 'retry', afterMs: 150_000 }],
    [
      'is tried again every five minutes at least',
      0,
      HOOK_GIVE_UP_MS - 1,
      { next: 'retry', afterMs: 300_000 },
    ],
    ['is given up after an hour', 0, HOOK_GIVE_UP_MS, { next: 'give-up' }],
    ['gives way to the run of a later call', 1, 0, { next: 'give-way' }],
  ])('%s', (_what, lastCall, now, expected) => {
    expect(decideHookRetry(START, START + lastCall, START + now)).toEqual(expected);
  });
});
