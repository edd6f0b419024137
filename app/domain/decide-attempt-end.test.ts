import { describe, expect, test } from 'vitest';
import { decideAttemptEnd, decideInterruption } from './decide-attempt-end.ts';

describe('an interrupted attempt', () => {
  test.each([
    ['lost', 1, false, { event: 'requeue', attempt: 'lost', attemptsLeft: 1 }],
    ['lost', 0, false, { event: 'fail', attempt: 'lost', reason: 'lost' }],
    ['launch_failed', 1, false, { event: 'requeue', attempt: 'failed', attemptsLeft: 1 }],
    ['launch_failed', 0, false, { event: 'fail', attempt: 'failed', reason: 'launch_failed' }],
    ['released', 0, false, { event: 'requeue', attempt: 'released', attemptsLeft: 1 }],
    ['released', 1, false, { event: 'requeue', attempt: 'released', attemptsLeft: 2 }],
    ['lost', 1, true, { event: 'cancel', attempt: 'lost' }],
    ['released', 1, true, { event: 'cancel', attempt: 'released' }],
    ['launch_failed', 1, true, { event: 'cancel', attempt: 'failed' }],
    ['canceled', 1, true, { event: 'cancel', attempt: 'canceled' }],
    ['canceled', 0, false, { event: 'cancel', attempt: 'canceled' }],
  ] as const)('%s with %i left, cancel requested: %s', (interruption, attemptsLeft, cancelRequested, end) => {
    expect(decideAttemptEnd(interruption, { attemptsLeft, cancelRequested, isUpload: false })).toEqual(end);
  });

  test.each([
    ['lost', 0, false, { event: 'fail', attempt: 'lost', reason: 'lost' }],
    ['lost', 1, false, { event: 'fail', attempt: 'lost', reason: 'lost' }],
    ['released', 0, false, { event: 'cancel', attempt: 'released' }],
    ['lost', 0, true, { event: 'cancel', attempt: 'lost' }],
    ['canceled', 0, false, { event: 'cancel', attempt: 'canceled' }],
  ] as const)('of an upload: %s with %i left, cancel requested: %s', (interruption, left, asked, end) => {
    const upload = { attemptsLeft: left, cancelRequested: asked, isUpload: true };
    expect(decideAttemptEnd(interruption, upload)).toEqual(end);
  });
});

describe('a silent attempt', () => {
  const BUILDERS = ['running', 'gone', 'unknown', 'not-started'] as const;
  const open = (status: 'launching' | 'running', leaseExpired: boolean, cancelOverdue = false) => ({
    status,
    leaseExpired,
    cancelOverdue,
  });
  test.each([
    { of: open('running', false), ends: [undefined, 'lost', undefined, undefined] },
    { of: open('running', true), ends: ['lost', 'lost', 'lost', 'lost'] },
    { of: open('launching', false), ends: [undefined, 'lost', undefined, undefined] },
    { of: open('launching', true), ends: ['lost', 'lost', 'lost', 'launch_failed'] },
    { of: open('running', false, true), ends: ['canceled', 'canceled', 'canceled', 'canceled'] },
    { of: open('launching', true, true), ends: ['canceled', 'canceled', 'canceled', 'canceled'] },
  ])('$of.status, expired: $of.leaseExpired, cancel overdue: $of.cancelOverdue', ({ of, ends }) => {
    expect(BUILDERS.map((builder) => decideInterruption(of, builder))).toEqual(ends);
  });
});
