import { describe, expect, test } from 'vitest';
import { DEPLOYMENT_EVENTS, isFinal, statusAfter, statusesBefore, transition } from './transition.ts';
import { DEPLOYMENT_STATUSES, type DeploymentStatus } from './words.ts';

const TABLE: Record<
  DeploymentStatus,
  Partial<Record<(typeof DEPLOYMENT_EVENTS)[number], DeploymentStatus>>
> = {
  queued: { launch: 'launching', cancel: 'canceled', supersede: 'superseded', skip: 'skipped' },
  launching: { claim: 'building', fail: 'failed', requeue: 'queued', cancel: 'canceled' },
  building: { activate: 'ready', fail: 'failed', requeue: 'queued', cancel: 'canceled' },
  blocked: { approve: 'queued', supersede: 'superseded', cancel: 'canceled' },
  ready: {},
  failed: {},
  canceled: {},
  superseded: {},
  skipped: {},
};
const CASES = DEPLOYMENT_STATUSES.flatMap((status) =>
  DEPLOYMENT_EVENTS.map((event) => ({ status, event, expected: TABLE[status][event] })),
);

describe('the states of a deployment', () => {
  test.each(CASES)('$status, $event → $expected', ({ status, event, expected }) => {
    expect(transition(status, event)).toBe(expected);
  });

  test.each(CASES)('the guard of $event agrees about $status', ({ status, event, expected }) => {
    expect(statusesBefore(event).includes(status)).toBe(expected !== undefined);
    expect(expected === undefined ? undefined : statusAfter(event)).toBe(expected);
  });

  test('only what ended for good is final', () => {
    const final = DEPLOYMENT_STATUSES.filter((status) => isFinal(status));
    expect(final).toEqual(['ready', 'failed', 'canceled', 'superseded', 'skipped']);
  });
});
